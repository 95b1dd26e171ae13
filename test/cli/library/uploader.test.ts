import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { getEventListeners, once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { crc32 } from 'node:zlib';
import { createUploader, UploadError, type UploaderOptions } from '../../../cli/library/create-uploader.ts';
import type { UploadProgress, UploadSource } from '../../../cli/library/types.ts';
import { type EdgeFault, respondJson, respondXml } from '../transfer/helpers/edge.ts';
import { ownEdge, ownFolder } from '../transfer/helpers/uploading.ts';

const MIB = 1024 * 1024;

const parted = { partSize: 5 * MIB };

/** An edge and an uploader for it. */
async function rig(t: TestContext, options: Partial<UploaderOptions> = {}, mischief?: EdgeFault) {
  const edge = await ownEdge(t, mischief);
  const uploader = createUploader({ url: edge.url, token: 'good', ...options });
  t.after(() => uploader.close());
  return { edge, uploader };
}

/** A value of a program without types. */
const odd = (value: unknown) => value as never;

const withCode =
  (code: string, message = /./) =>
  (error: unknown) =>
    error instanceof UploadError && error.code === code && message.test(error.message);

function webStream<T>(...chunks: T[]): ReadableStream<T> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

test('stores every kind of source unchanged', async (t) => {
  const { edge, uploader } = await rig(t);
  const folder = await ownFolder(t);
  const bytes = randomBytes(100_000);
  const path = join(folder, 'image.jpg');
  await writeFile(path, bytes);
  const sources: Record<string, () => UploadSource> = {
    path: () => path,
    url: () => pathToFileURL(path),
    bytes: () => new Uint8Array(bytes),
    view: () => new Uint8Array(Buffer.concat([randomBytes(3), bytes]).buffer.slice(0)).subarray(0, 0),
    buffer: () => new Uint8Array(bytes).buffer,
    blob: () => new Blob([new Uint8Array(bytes)]),
    readable: () => Readable.from([bytes.subarray(0, 70_000), bytes.subarray(70_000)]),
    web: () => webStream(bytes.subarray(0, 1), bytes.subarray(1)),
    'web of buffers': () => webStream(new Uint8Array(bytes).buffer),
    iterable: () =>
      (async function* () {
        yield bytes.subarray(0, 5);
        yield bytes.subarray(5);
      })(),
  };
  for (const [kind, source] of Object.entries(sources)) {
    const expected = kind === 'view' ? Buffer.alloc(0) : bytes;
    const key = `sources/${kind.replaceAll(' ', '-')}.jpg`;
    const stored = await uploader.upload(source(), { key });
    assert.deepEqual(edge.stored.get(`/${key}`), expected, kind);
    assert.equal(stored.bytes, expected.length);
    assert.equal(stored.url, `${edge.url}/${key}`);
    const crc = Buffer.alloc(4);
    crc.writeUInt32BE(crc32(expected));
    assert.deepEqual(stored.checksum, { algorithm: 'crc32', value: crc.toString('base64') });
    assert.equal(edge.seen.at(-1)?.headers['content-type'], 'image/jpeg');
  }
  const text = await uploader.upload(Readable.from(['grün', 'e Wiese'], { encoding: 'utf8' }), {
    key: 'text',
  });
  assert.equal(edge.stored.get('/text')?.toString(), 'grüne Wiese');
  assert.equal(text.bytes, 12);
});

test('stores bytes and streams larger than a part in parts', async (t) => {
  const { edge, uploader } = await rig(t, { checksum: 'crc32' });
  const bytes = randomBytes(11 * MIB);
  const how = { partSize: 5 * MIB, metadata: { job: '7' } };
  const [one, other] = await Promise.all([
    uploader.upload(bytes, { key: 'bytes', ...how }),
    uploader.upload(Readable.from([bytes]), { key: 'stream', ...how, size: bytes.length }),
  ]);
  assert.deepEqual([one.parts, other.parts], [3, 3]);
  for (const key of ['bytes', 'stream']) assert.ok(edge.stored.get(`/${key}`)?.equals(bytes), key);
});

test('iterates the progress of an upload', async (t) => {
  const { uploader } = await rig(t);
  const bytes = randomBytes(11 * MIB);
  const upload = uploader.upload(bytes, { key: 'progress', partSize: 5 * MIB });
  const seen: UploadProgress[] = [];
  for await (const progress of upload) seen.push(progress);
  assert.equal(seen.at(-1)?.bytes, bytes.length);
  assert.ok(seen.every(({ totalBytes, isWaiting }) => totalBytes === bytes.length && !isWaiting));
  assert.equal((await upload).bytes, bytes.length);
  // A second reader starts late.
  for await (const progress of upload) assert.equal(progress.bytes, bytes.length);
});

test('throws a failed upload where it is awaited and where it is iterated', async (t) => {
  const { uploader } = await rig(t, { token: 'bad' });
  const upload = uploader.upload(new Uint8Array(1), { key: 'refused' });
  await assert.rejects(async () => {
    for await (const _ of upload);
  }, withCode('token_refused'));
  await assert.rejects(upload, withCode('token_refused', /does not accept the token/));
});

/** Refuses every PUT. */
const refusing =
  (refuse: (response: Parameters<EdgeFault>[1]) => void): EdgeFault =>
  (request, response) => {
    if (request.method !== 'PUT') return false;
    request.resume().on('end', () => refuse(response));
    return true;
  };

test('gives failures the documented codes', async (t) => {
  const folder = await ownFolder(t);
  const bytes = new Uint8Array(10);
  const cases: [code: string, source: UploadSource, refuse?: (response: Parameters<EdgeFault>[1]) => void][] =
    [
      ['file_missing', join(folder, 'none')],
      ['file_is_folder', folder],
      ['forbidden', bytes, (response) => respondJson(response, 403, 'prefix_not_allowed')],
      ['exists', bytes, (response) => respondXml(response, 412, 'PreconditionFailed')],
      ['too_large', bytes, (response) => respondJson(response, 413, 'too_large')],
      ['refused_by_store', bytes, (response) => respondXml(response, 400, 'InvalidRequest')],
    ];
  for (const [code, source, refuse] of cases) {
    const { uploader } = await rig(t, {}, refuse && refusing(refuse));
    await assert.rejects(
      uploader.upload(source, { key: 'image.jpg', noClobber: true }),
      withCode(code),
      code,
    );
  }
  const closed = createTcpServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as AddressInfo;
  closed.close();
  const signal = AbortSignal.timeout(60_000);
  const nobody = createUploader({ url: `http://127.0.0.1:${port}`, token: 'good', signal });
  await assert.rejects(nobody.upload(bytes, { key: 'a' }), withCode('unreachable'));
  await nobody.close();
  await assert.rejects(nobody.upload(bytes, { key: 'a' }), withCode('usage', /closed/));
});

test('refuses invalid options before anything is sent', async (t) => {
  const { edge, uploader } = await rig(t);
  const key = 'a';
  const refused: [code: string, message: RegExp, run: () => unknown][] = [
    ['usage', /https/, () => createUploader({ url: 'http://uploads.example.com', token: 'good' })],
    ['usage', /user name/, () => createUploader({ url: 'https://a:b@uploads.example.com', token: 'good' })],
    [
      'usage',
      /^The token contains characters/,
      () => createUploader({ url: edge.url, token: 'secret\r\nx: y' }),
    ],
    ['usage', /concurrency/, () => createUploader({ url: edge.url, token: 'good', concurrency: 0 })],
    ['usage', /rateLimit/, () => createUploader({ url: edge.url, token: 'good', rateLimit: Number.NaN })],
    ['usage', /stallTimeout/, () => createUploader({ url: edge.url, token: 'good', stallTimeout: -1 })],
    ['usage', /checksum/, () => createUploader({ url: edge.url, token: 'good', checksum: 'md5' as 'crc32' })],
    ['bad_key', /“\.\.” as a segment/, () => uploader.upload(new Uint8Array(1), { key: '../etc/passwd' })],
    ['bad_key', /control character/, () => uploader.upload(new Uint8Array(1), { key: 'a\r\nb' })],
    ['bad_key', /is empty/, () => uploader.upload(new Uint8Array(1), { key: '' })],
    ['usage', /partSize/, () => uploader.upload(new Uint8Array(1), { key, partSize: 1 })],
    ['usage', /contentType/, () => uploader.upload(new Uint8Array(1), { key, contentType: 'no\r\nx: y' })],
    ['usage', /multipart/, () => uploader.upload(new Uint8Array(1), { key, multipart: 'no' as 'auto' })],
    ['usage', /size/, () => uploader.upload(new Uint8Array(1), { key, size: -1 })],
    ['usage', /source/, () => uploader.upload(7 as unknown as string, { key })],
    ['usage', /url/, () => createUploader(odd({ url: 7, token: 'good' }))],
    ['usage', /options\. Use an object with url and token/, () => createUploader(odd(undefined))],
    ['usage', /^There is no token/, () => createUploader(odd({ url: edge.url }))],
    ['usage', /^There is no token/, () => createUploader({ url: edge.url, token: '' })],
    ['usage', /signal/, () => createUploader(odd({ url: edge.url, token: 'good', signal: {} }))],
    ['usage', /resume/, () => createUploader({ url: edge.url, token: 'good', resume: { dir: '' } })],
    ['usage', /resume/, () => createUploader(odd({ url: edge.url, token: 'good', resume: {} }))],
    ['usage', /onWarning/, () => createUploader(odd({ url: edge.url, token: 'good', onWarning: 7 }))],
    ['usage', /ca\./, () => createUploader({ url: edge.url, token: 'good', ca: 'none' })],
    ['usage', /ca\./, () => createUploader({ url: edge.url, token: 'good', ca: [] })],
    ['usage', /proxy\./, () => createUploader({ url: edge.url, token: 'good', proxy: 'socks5://proxy' })],
    ['usage', /rateLimit/, () => createUploader({ url: edge.url, token: 'good', rateLimit: Infinity })],
    ['usage', /rateLimit/, () => createUploader(odd({ url: edge.url, token: 'good', rateLimit: '5' }))],
    ['usage', /stallTimeout/, () => createUploader({ url: edge.url, token: 'good', stallTimeout: 2 ** 31 })],
    ['usage', /options\. Use an object with a key/, () => uploader.upload(new Uint8Array(1), odd(undefined))],
    ['usage', /signal/, () => uploader.upload(new Uint8Array(1), odd({ key, signal: {} }))],
    ['usage', /metadata “n”/, () => uploader.upload(new Uint8Array(1), odd({ key, metadata: { n: 5 } }))],
    ['usage', /cacheControl/, () => uploader.upload(new Uint8Array(1), odd({ key, cacheControl: 5 }))],
    ['usage', /noClobber/, () => uploader.upload(new Uint8Array(1), odd({ key, noClobber: 'no' }))],
    ['bad_key', /not text/, () => uploader.upload(new Uint8Array(1), odd({ key: Symbol('key') }))],
    ['usage', /10,000/, () => uploader.upload(Readable.from([]), { key, size: 2 ** 40, ...parted })],
    ['too_large', /as one object/, () => uploader.upload(Readable.from([]), { key, size: 2 ** 50 })],
    ['usage', /source/, () => uploader.upload('', { key })],
    ['usage', /not the URL of a file/, () => uploader.upload(new URL('https://example.com'), { key })],
    ['usage', /number instead of bytes/, () => uploader.upload(Readable.from([7, 8]), { key })],
  ];
  for (const [code, message, run] of refused) {
    await assert.rejects(async () => run(), withCode(code, message), String(message));
  }
  const { token } = { token: 'secret\nsecret' };
  assert.throws(
    () => createUploader({ url: edge.url, token }),
    (error: Error) => !/secret/.test(`${error.message}${JSON.stringify(error)}`),
  );
  assert.deepEqual(edge.seen, []);
});

test('refuses a stream whose length differs from its size', async (t) => {
  const { edge, uploader } = await rig(t);
  const chunks = () => Readable.from([randomBytes(6 * MIB), randomBytes(6 * MIB)]);
  for (const size of [12 * MIB - 1, 12 * MIB + 1, 0]) {
    const upload = uploader.upload(chunks(), { key: 'sized', size, partSize: 5 * MIB });
    await assert.rejects(upload, withCode('file_changed', /The stream for sized should have/));
  }
  assert.equal(edge.stored.size, 0);
  assert.equal(edge.multipart.open.size, 0);
});

test('keeps the error of a stream as the cause of the upload’s error', async (t) => {
  const { edge, uploader } = await rig(t);
  const broken = new Error('the camera is off');
  const failing = Readable.from(
    (async function* () {
      yield randomBytes(10);
      throw broken;
    })(),
  );
  await assert.rejects(
    uploader.upload(failing, { key: 'camera' }),
    (error) => withCode('file_unreadable')(error) && (error as Error).cause === broken,
  );
  assert.equal(edge.stored.size, 0);
});

test('asks a function for tokens, and for another one after a refusal', async (t) => {
  const asked: (string | undefined)[] = [];
  const { edge, uploader } = await rig(t, {
    async token(refused) {
      asked.push(refused);
      return refused === undefined ? 'old' : 'good';
    },
  });
  await Promise.all(['a', 'b', 'c'].map((key) => uploader.upload(new Uint8Array(1), { key })));
  assert.equal(edge.stored.size, 3);
  assert.deepEqual(asked, [undefined, 'old']);
  const { uploader: failing } = await rig(t, {
    token() {
      throw new Error('vault is sealed');
    },
  });
  await assert.rejects(
    failing.upload(new Uint8Array(1), { key: 'a' }),
    (error) => withCode('not_signed_in')(error) && /sealed/.test(String((error as Error).cause)),
  );
});

test('sends the token to the edge only, and follows no redirect', async (t) => {
  const reached: string[] = [];
  const other = createServer((request, response) => {
    reached.push(request.headers.authorization ?? 'nothing');
    response.end();
  }).listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const location = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`;
  const { uploader } = await rig(t, {}, (request, response) => {
    request.resume();
    response.writeHead(307, { location, connection: 'close' }).end();
    return true;
  });
  await assert.rejects(uploader.upload(new Uint8Array(1), { key: 'a' }), withCode('not_an_edge'));
  assert.deepEqual(reached, []);
});

/** Forwards two parts, then calls `reached` and holds the others. */
function holdingParts(reached: () => void): EdgeFault {
  let parts = 0;
  return (request) => {
    if (!/partNumber/.test(request.url ?? '')) return false;
    parts += 1;
    if (parts === 3) reached();
    return parts > 2;
  };
}

test('resumes an aborted upload of a file from its folder, also in another uploader', async (t) => {
  const folder = await ownFolder(t);
  const bytes = randomBytes(21 * MIB);
  const path = join(folder, 'film.mp4');
  await writeFile(path, bytes);
  const resume = { dir: join(folder, 'journals') };
  const abort = new AbortController();
  let hold: EdgeFault | undefined = holdingParts(() => abort.abort('enough'));
  const { edge, uploader } = await rig(t, { resume, concurrency: 1 }, (...all) => hold?.(...all) ?? false);
  await assert.rejects(
    uploader.upload(path, { key: 'film.mp4', ...parted, signal: abort.signal }),
    (error) => withCode('interrupted')(error) && (error as Error).cause === 'enough',
  );
  assert.equal(edge.stored.size, 0);
  assert.equal((await readdir(resume.dir)).length, 1);
  hold = undefined;
  const another = createUploader({ url: edge.url, token: 'good', resume });
  t.after(() => another.close());
  const stored = await another.upload(path, { key: 'film.mp4', ...parted });
  assert.equal(stored.resumedBytes, 10 * MIB);
  assert.ok(edge.stored.get('/film.mp4')?.equals(bytes));
  assert.deepEqual(await readdir(resume.dir), []);
});

test('aborts one upload while another continues; without a folder nothing stays open', async (t) => {
  const abort = new AbortController();
  const hold = holdingParts(() => abort.abort());
  const { edge, uploader } = await rig(t, { concurrency: 1 }, hold);
  const folder = await ownFolder(t);
  const path = join(folder, 'film.mp4');
  await writeFile(path, randomBytes(21 * MIB));
  const cut = uploader.upload(path, { key: 'cut', ...parted, signal: abort.signal });
  const whole = uploader.upload(new Uint8Array(10), { key: 'whole' });
  await assert.rejects(cut, withCode('interrupted'));
  assert.equal((await whole).bytes, 10);
  assert.deepEqual([...edge.stored.keys()], ['/whole']);
  assert.equal(edge.multipart.open.size, 0);
  assert.deepEqual(await readdir(folder), ['film.mp4']);
});

test('closes the stream of an aborted upload', async (t) => {
  const abort = new AbortController();
  const { uploader } = await rig(t);
  const endless = new Readable({ read() {} });
  const upload = uploader.upload(endless, { key: 'endless', signal: abort.signal });
  abort.abort();
  await assert.rejects(upload, withCode('interrupted'));
  await assert.rejects(
    uploader.upload(new Uint8Array(1), { key: 'late', signal: AbortSignal.abort() }),
    withCode('interrupted'),
  );
  assert.equal(endless.destroyed, true);
});

test('rejects an upload that is aborted before its source is read, and nothing else', async (t) => {
  const { edge, uploader } = await rig(t);
  const sources: readonly (() => UploadSource)[] = [
    () => new Blob(['x']),
    () => webStream(Buffer.from('x')),
    () => Readable.from(['x']),
    () => new Uint8Array(1),
  ];
  for (const source of sources) {
    for (const early of [true, false]) {
      const abort = new AbortController();
      if (early) abort.abort();
      const upload = uploader.upload(source(), { key: 'never', signal: abort.signal });
      abort.abort();
      await assert.rejects(upload, withCode('interrupted'));
    }
  }
  // An error without a listener would end the process.
  await new Promise(setImmediate);
  assert.equal(edge.stored.size, 0);
});

test('returns the limits that the edge grants the token', async (t) => {
  const policy = { policy: { maxSize: 5 }, caller: { writeTo: ['ada/'] } };
  const { uploader } = await rig(t, {}, (request, response) => {
    if (request.method !== 'GET') return false;
    response.end(JSON.stringify(policy));
    return true;
  });
  assert.deepEqual(await uploader.limits(), { writeTo: ['ada/'], maxSize: 5 });
});

test('refuses a used, closed or locked stream, and never stores an empty object instead', async (t) => {
  const { edge, uploader } = await rig(t);
  const ended = Readable.from([randomBytes(10)]);
  for await (const _ of ended);
  const closed = Readable.from([randomBytes(10)]);
  closed.destroy();
  const web = webStream(randomBytes(10));
  for await (const _ of web as AsyncIterable<Uint8Array>);
  const locked = webStream(randomBytes(10));
  locked.getReader();
  for (const source of [ended, closed, web, locked]) {
    await assert.rejects(
      uploader.upload(source, { key: 'used' }),
      withCode('usage', /already read or closed/),
    );
  }
  const shared = Readable.from([randomBytes(10)]);
  const first = uploader.upload(shared, { key: 'first' });
  await assert.rejects(uploader.upload(shared, { key: 'second' }), withCode('usage'));
  assert.equal((await first).bytes, 10);
  assert.deepEqual([...edge.stored.keys()], ['/first']);
});

test('reads a generator once, and any other iterable as often as it is given', async (t) => {
  const { edge, uploader } = await rig(t);
  async function* generate() {
    yield 'abc';
  }
  const broken = (async function* () {
    yield 'a';
    throw new Error('unplugged');
  })();
  await assert.rejects(uploader.upload(broken, { key: 'broken' }), withCode('file_unreadable'));
  const given = generate();
  await uploader.upload(given, { key: 'first' });
  for (const source of [broken, given]) {
    const again = uploader.upload(source, { key: 'again' });
    await assert.rejects(again, withCode('usage', /already read or closed/));
  }
  const iterable = { [Symbol.asyncIterator]: generate };
  for (const key of ['second', 'third']) await uploader.upload(iterable, { key });
  assert.deepEqual([...edge.stored.keys()], ['/first', '/second', '/third']);
});

test('stores the bytes of a generator that fills the same buffer again', async (t) => {
  const { edge, uploader } = await rig(t);
  const generate = async function* (pieces: number, bytes: number) {
    const buffer = Buffer.alloc(bytes);
    for (let piece = 0; piece < pieces; piece += 1) yield buffer.fill(piece);
  };
  for (const [key, pieces, bytes] of [
    ['few', 3, 10],
    ['parts', 24, 1024 * 1024],
  ] as const) {
    await uploader.upload(generate(pieces, bytes), { key, partSize: 8 * 1024 * 1024 });
    const expected = Array.from({ length: pieces }, (_, piece) => Buffer.alloc(bytes, piece));
    assert.ok(edge.stored.get(`/${key}`)?.equals(Buffer.concat(expected)), key);
  }
});

test('ends the progress and closes the stream of an upload that is refused at once', async (t) => {
  const { uploader } = await rig(t);
  const source = new Readable({ read() {} });
  const upload = uploader.upload(source, { key: '' });
  await assert.rejects(async () => {
    for await (const _ of upload);
  }, withCode('bad_key'));
  assert.equal(source.destroyed, true);
  // Without a listener, this would end the process.
  const late = new Readable({ read() {} });
  await assert.rejects(uploader.upload(late, odd(undefined)), withCode('usage'));
  late.destroy(new Error('too late'));
});

test('leaves a failed upload that nobody awaits to Node’s report', async (t) => {
  const { uploader } = await rig(t);
  const listeners = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  t.after(() => {
    process.removeAllListeners('unhandledRejection');
    for (const listener of listeners) process.on('unhandledRejection', listener);
  });
  const reported = once(process, 'unhandledRejection');
  void uploader.upload(new Uint8Array(1), { key: '' });
  const [error] = await reported;
  assert.ok(withCode('bad_key')(error));
});

test('refuses a file whose size differs from the expected one', async (t) => {
  const { edge, uploader } = await rig(t);
  const path = join(await ownFolder(t), 'file');
  await writeFile(path, randomBytes(10));
  for (const size of [0, 9, 11]) {
    await assert.rejects(uploader.upload(path, { key: 'file', size }), withCode('file_changed', /it has 10/));
  }
  assert.equal((await uploader.upload(path, { key: 'file', size: 10 })).bytes, 10);
  assert.equal(edge.stored.size, 1);
});

test('ignores a polluted prototype, and changes of options after the call', async (t) => {
  const { edge, uploader } = await rig(t);
  const polluted = { proxy: 'http://127.0.0.1:1', cacheControl: 'polluted', checksum: 'md5' };
  const prototype: Record<string, unknown> = Object.prototype as never;
  Object.assign(prototype, polluted);
  const options = { key: 'before' };
  try {
    const another = createUploader({ url: edge.url, token: 'good' });
    t.after(() => another.close());
    await another.upload(new Uint8Array(1), { key: 'clean' });
  } finally {
    for (const name of Object.keys(polluted)) delete prototype[name];
  }
  assert.equal(edge.seen.at(-1)?.headers['cache-control'], undefined);
  const upload = uploader.upload(new Uint8Array(1), options);
  options.key = '../after';
  assert.equal((await upload).key, 'before');
});

test('shares one signal among many uploads without a warning or a leaked listener', async (t) => {
  const { uploader } = await rig(t);
  const warnings: Error[] = [];
  const warn = (warning: Error) => void warnings.push(warning);
  process.on('warning', warn);
  t.after(() => process.off('warning', warn));
  const { signal } = new AbortController();
  const keys = Array.from({ length: 20 }, (_, number) => `many/${number}`);
  await Promise.all(keys.map((key) => uploader.upload(new Uint8Array(1), { key, signal })));
  await new Promise(setImmediate);
  assert.deepEqual(warnings, []);
  assert.deepEqual(getEventListeners(signal, 'abort'), []);
});

test('refuses everything once closed, and can be closed twice', async (t) => {
  const { edge, uploader } = await rig(t);
  const under = uploader.upload(new Uint8Array(1), { key: 'under-way' });
  await Promise.all([uploader.close(), uploader.close()]);
  assert.equal((await under).bytes, 1);
  await assert.rejects(uploader.limits(), withCode('usage', /closed/));
  await assert.rejects(uploader.upload(new Uint8Array(1), { key: 'late' }), withCode('usage', /closed/));
  assert.equal(edge.stored.size, 1);
});

test('gives up soon on a server that closes each connection without a response', async (t) => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {}).once('data', () => socket.destroy());
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const uploader = createUploader({ url: `http://127.0.0.1:${port}`, token: 'good' });
  await assert.rejects(uploader.limits(), withCode('unreachable', /given up after 4 attempts/));
  await uploader.close();
});
