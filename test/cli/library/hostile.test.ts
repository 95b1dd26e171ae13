import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { createUploader, UploadError, type UploaderOptions } from '../../../cli/library/create-uploader.ts';
import type { UploadSource } from '../../../cli/library/types.ts';
import { type EdgeFault, respondXml } from '../transfer/helpers/edge.ts';
import { ownEdge } from '../transfer/helpers/uploading.ts';

/* Programs whose functions and streams throw, hang or return wrong values, and that abandon uploads. */

/** The package has no types. It is Node's module with classes of its own. */
const { Readable: PackageReadable } = createRequire(import.meta.url)(
  'readable-stream',
) as typeof import('node:stream');

const MIB = 1024 * 1024;
const BYTE = new Uint8Array(1);

/** A value of a program without types. */
const odd = (value: unknown) => value as never;
const never = <T>() => new Promise<T>(() => {});

async function rig(t: TestContext, options: Partial<UploaderOptions> = {}, mischief?: EdgeFault) {
  const edge = await ownEdge(t, mischief);
  const uploader = createUploader({ url: edge.url, token: 'good', ...options });
  return { edge, uploader };
}

const withCode =
  (code: string, message = /./) =>
  (error: unknown) =>
    error instanceof UploadError && error.code === code && message.test(error.message);

/** A source, and a promise that resolves when it is read. */
function awaited(make: (wasRead: () => void) => UploadSource) {
  let wasRead = () => {};
  const read = new Promise<void>((resolve) => {
    wasRead = resolve;
  });
  return { source: make(wasRead), read };
}

test('aborts although a source never yields its next bytes', async (t) => {
  const { edge, uploader } = await rig(t);
  async function* stuck(wasRead: () => void) {
    yield 'some';
    wasRead();
    await never();
  }
  const sources: Record<string, (wasRead: () => void) => UploadSource> = {
    generator: stuck,
    'stream of a generator': (wasRead) => Readable.from(stuck(wasRead)),
    iterator: (wasRead) => ({
      [Symbol.asyncIterator]: () => ({
        next() {
          wasRead();
          return never();
        },
        return: never,
      }),
    }),
    'web stream': (wasRead) =>
      new ReadableStream({
        pull() {
          wasRead();
          return never();
        },
      }),
  };
  for (const [name, make] of Object.entries(sources)) {
    const { source, read } = awaited(make);
    const abort = new AbortController();
    const upload = uploader.upload(source, { key: 'stuck', signal: abort.signal });
    const reason = new Error('the user left');
    const failed = assert.rejects(
      upload,
      (error) => withCode('interrupted')(error) && (error as Error).cause === reason,
      name,
    );
    await read;
    abort.abort(reason);
    await failed;
  }
  await uploader.close();
  assert.equal(edge.stored.size, 0);
});

test('fails although a source yields no more bytes or never closes', async (t) => {
  const { uploader } = await rig(t, {}, (request, response) => {
    if (request.method !== 'PUT') return false;
    respondXml(response, 400, 'InvalidRequest', { connection: 'close' });
    request.resume();
    return true;
  });
  const part = () => Promise.resolve({ done: false, value: Buffer.alloc(5 * MIB) });
  const sources: Record<string, (count: number) => Promise<IteratorResult<Buffer>>> = {
    'goes on': part,
    'stops after two parts and a byte': (count) => (count < 3 ? part() : never<IteratorResult<Buffer>>()),
  };
  for (const [name, next] of Object.entries(sources)) {
    let count = 0;
    const source = { [Symbol.asyncIterator]: () => ({ next: () => next(count++), return: never }) };
    const upload = uploader.upload(odd(source), { key: 'fails', partSize: 5 * MIB });
    await assert.rejects(upload, withCode('refused_by_store'), name);
  }
  await uploader.close();
});

test('aborts although a token function never responds, first or after a refusal', async (t) => {
  for (const refused of [false, true]) {
    for (const start of ['upload', 'limits'] as const) {
      let asked = () => {};
      const isAsked = new Promise<void>((resolve) => {
        asked = resolve;
      });
      const abort = new AbortController();
      const token = (old?: string) => {
        if (refused && old === undefined) return 'bad';
        asked();
        return never<string>();
      };
      const { uploader } = await rig(t, { token, signal: abort.signal });
      const doing = start === 'limits' ? uploader.limits() : uploader.upload(BYTE, { key: 'a' });
      const reason = new Error('closing time');
      const failed = assert.rejects(
        doing,
        (error) => withCode('interrupted')(error) && (error as Error).cause === reason,
      );
      await isAsked;
      abort.abort(reason);
      await failed;
      await uploader.close();
    }
  }
});

test('reports any thrown value or missing token of a token function', async (t) => {
  const hostile = {
    toString() {
      throw new Error('no text');
    },
  };
  const functions: readonly (readonly [string, () => unknown])[] = [
    ['not_signed_in', () => Promise.reject(undefined)],
    ['not_signed_in', () => Promise.reject(hostile)],
    ['usage', () => 7],
    ['usage', () => undefined],
    ['usage', () => 'two words'],
    ['token_refused', () => 'bad'],
  ];
  for (const [code, token] of functions) {
    const { uploader } = await rig(t, { token: odd(token) });
    await assert.rejects(uploader.upload(BYTE, { key: 'a' }), withCode(code), code);
    await uploader.close();
  }
});

/** A stream that the program destroys without an error after some bytes. */
function closing(): Readable {
  let reads = 0;
  return new Readable({
    read() {
      reads += 1;
      if (reads === 1) this.push('abc');
      else this.destroy();
    },
  });
}

test('reports an exception or a wrong value of a source', async (t) => {
  const { edge, uploader } = await rig(t);
  const iterable = (iterator: object) => odd({ [Symbol.asyncIterator]: () => iterator });
  const moved = new ArrayBuffer(8);
  const view = new Uint8Array(moved);
  structuredClone(moved, { transfer: [moved] });
  const sources: readonly (readonly [string, RegExp, UploadSource])[] = [
    [
      'file_unreadable',
      /a cannot be read: the camera is off\.$/,
      Readable.from(throwing('the camera is off.')),
    ],
    ['file_unreadable', /a cannot be read: the stream was closed before its end\.$/, closing()],
    ['usage', /undefined instead of bytes/, iterable({ next: () => 7 })],
    ['file_unreadable', /cannot be read/, iterable({ next: () => Promise.reject(undefined) })],
    ['file_unreadable', /cannot be read/, odd({ [Symbol.asyncIterator]: () => undefined })],
    [
      'usage',
      /object instead of bytes/,
      iterable({ next: async () => ({ done: false, value: null }), return: throwNow }),
    ],
    ['usage', /was transferred/, moved],
    ['usage', /was transferred/, view],
    ['usage', /neither a path/, odd(new Uint16Array(4))],
    ['usage', /neither a path/, odd(['a'])],
    ['usage', /neither a path/, odd(null)],
  ];
  for (const [code, message, source] of sources) {
    await assert.rejects(uploader.upload(source, { key: 'a' }), withCode(code, message), String(message));
  }
  await uploader.close();
  assert.deepEqual(edge.seen, []);
});

async function* throwing(message: string) {
  yield 'some';
  throw new Error(message);
}

function throwNow(): never {
  throw new Error('it does not close');
}

test('stores empty sources of every kind as empty objects', async (t) => {
  const { edge, uploader } = await rig(t);
  for (const multipart of ['auto', 'always'] as const) {
    const sources = [
      new Blob([]),
      new Uint8Array(0),
      Readable.from([]),
      new ReadableStream({ start: (it) => it.close() }),
    ];
    for (const [at, source] of sources.entries()) {
      const stored = await uploader.upload(source, { key: `empty/${at}`, multipart });
      assert.equal(stored.bytes, 0);
      assert.equal(edge.stored.get(`/empty/${at}`)?.length, 0);
    }
  }
  await uploader.close();
});

test('refuses options without effect', async (t) => {
  const { edge, uploader } = await rig(t);
  const pem = (body: string) => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
  const key = 'a';
  const refused: readonly (readonly [RegExp, () => unknown])[] = [
    [/ca\./, () => createUploader({ url: edge.url, token: 'good', ca: pem('bm9uZQ==') })],
    [/ca\./, () => createUploader({ url: edge.url, token: 'good', ca: '-----BEGIN CERTIFICATE-----\n' })],
    [/proxy\./, () => createUploader({ url: edge.url, token: 'good', proxy: '' })],
    [/metadata/, () => uploader.upload(BYTE, odd({ key, metadata: new Map([['a', 'b']]) }))],
    [/metadata/, () => uploader.upload(BYTE, odd({ key, metadata: ['a'] }))],
  ];
  for (const [message, run] of refused) {
    await assert.rejects(async () => run(), withCode('usage', message), String(message));
  }
  await uploader.close();
  assert.deepEqual(edge.seen, []);
});

test('settles an upload although its iteration ended early', async (t) => {
  const { uploader } = await rig(t);
  const upload = uploader.upload(randomBytes(6 * MIB), { key: 'left', partSize: 5 * MIB });
  for await (const _ of upload) break;
  const second = upload[Symbol.asyncIterator]();
  await second.next();
  await second.return?.();
  assert.equal((await upload).bytes, 6 * MIB);
  const unhandled: unknown[] = [];
  const note = (error: unknown) => void unhandled.push(error);
  process.on('unhandledRejection', note);
  t.after(() => process.off('unhandledRejection', note));
  const { uploader: refused } = await rig(t, { token: 'bad' });
  for await (const _ of refused.upload(randomBytes(6 * MIB), { key: 'left', partSize: 5 * MIB })) break;
  await Promise.all([uploader.close(), refused.close()]);
  // Node reports a rejection that nobody handles once the microtasks have run.
  await new Promise(setImmediate);
  assert.deepEqual(unhandled, []);
});

test('treats the streams of a package as Node’s: each is read once, and closed', async (t) => {
  const { edge, uploader } = await rig(t);
  const make = () => new PackageReadable({ read() {} });
  const read = make();
  read.push('abc');
  read.push(null);
  assert.equal((await uploader.upload(read, { key: 'a' })).bytes, 3);
  await assert.rejects(uploader.upload(read, { key: 'again' }), withCode('usage', /already read/));
  const shared = make();
  const first = uploader.upload(shared, { key: 'first' });
  await assert.rejects(uploader.upload(shared, { key: 'second' }), withCode('usage', /already read/));
  shared.push('all of it');
  shared.push(null);
  assert.equal((await first).bytes, 9);
  const refused = make();
  await assert.rejects(uploader.upload(refused, { key: '../a' }), withCode('bad_key'));
  const abort = new AbortController();
  const left = make();
  const upload = uploader.upload(left, { key: 'left', signal: abort.signal });
  abort.abort();
  await assert.rejects(upload, withCode('interrupted'));
  assert.deepEqual([refused.destroyed, left.destroyed], [true, true]);
  const failed = make();
  const failing = uploader.upload(failed, { key: 'failed' });
  failed.destroy(new Error('the camera is off.'));
  await assert.rejects(failing, withCode('file_unreadable', /the camera is off/));
  assert.deepEqual([...edge.stored.keys()], ['/a', '/first']);
  await uploader.close();
});

test('closes a stream whose methods return nothing, and iterates an object that only resembles one', async (t) => {
  const { edge, uploader } = await rig(t);
  let destroyed = 0;
  const own = {
    pipe() {},
    on() {},
    destroy() {
      destroyed += 1;
    },
    async *[Symbol.asyncIterator]() {
      yield BYTE;
    },
  };
  const stream = odd({ ...own, readable: true });
  await assert.rejects(uploader.upload(stream, { key: '../a' }), withCode('bad_key'));
  assert.equal(destroyed, 1);
  const destroy = () => assert.fail('destroy() fails');
  const broken = uploader.upload(odd({ ...own, readable: true, destroy }), { key: '../a' });
  await assert.rejects(broken, withCode('bad_key'));
  assert.equal((await uploader.upload(stream, { key: 'stream' })).bytes, 1);
  for (const key of ['once', 'twice']) assert.equal((await uploader.upload(odd(own), { key })).bytes, 1);
  assert.deepEqual([...edge.stored.keys()], ['/stream', '/once', '/twice']);
  await uploader.close();
});

test('fails where a source cannot even be looked at, and ends its progress', async (t) => {
  const { uploader } = await rig(t);
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const upload = uploader.upload(odd(proxy), { key: 'a' });
  await assert.rejects(async () => {
    for await (const _ of upload);
  }, withCode('unexpected'));
  await uploader.close();
});

test('aborts although a source never lets the program run anything else', async (t) => {
  const { uploader } = await rig(t);
  const empty = new Uint8Array(0);
  async function* endless(chunk: Uint8Array | string, wasRead: () => void) {
    for (let count = 0; ; count += 1) {
      if (count === 100) wasRead();
      yield chunk;
    }
  }
  const sources: Record<string, (wasRead: () => void) => UploadSource> = {
    'generator of empty chunks': (wasRead) => endless(empty, wasRead),
    'generator of empty texts': (wasRead) => endless('', wasRead),
    'stream of a generator': (wasRead) => Readable.from(endless(empty, wasRead)),
    'web stream': (wasRead) => {
      let count = 0;
      return new ReadableStream({
        pull(controller) {
          count += 1;
          if (count === 100) wasRead();
          controller.enqueue(empty);
        },
      });
    },
    'stream of single bytes': (wasRead) => {
      let count = 0;
      return new Readable({
        read() {
          count += 1;
          if (count === 100) wasRead();
          process.nextTick(() => this.push('x'));
        },
      });
    },
    'generator of a part that is never full': (wasRead) => endless(new Uint8Array(1), wasRead),
  };
  for (const [name, open] of Object.entries(sources)) {
    const stop = new AbortController();
    const { source, read } = awaited(open);
    const stored = uploader.upload(source, { key: 'k', signal: stop.signal });
    const failed = assert.rejects(stored, withCode('interrupted'), name);
    // The abort needs a turn of the event loop after the source was read.
    void read.then(() => setImmediate(() => stop.abort()));
    await failed;
  }
});
