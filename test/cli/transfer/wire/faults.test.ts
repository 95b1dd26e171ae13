import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { Agent, type buildConnector } from 'undici';
import { EXIT } from '../../../../cli/errors.ts';
import type { Outcome } from '../../../../cli/transfer/report.ts';
import { RETRY } from '../../../../protocol/retry-rules.ts';
import { rows, testContext } from '../../../support/context.ts';
import { type EdgeFault, readAll, respondJson, respondXml } from '../helpers/edge.ts';
import { ownEdge, ownFolder, restlessClock, tokensOf, upload, withCode } from '../helpers/uploading.ts';

const SIZE = 5 * 1024 * 1024 + 3;

/** Reads this many bytes of a body, then injects a fault. */
async function afterBytes(request: Parameters<EdgeFault>[0], bytes: number, then: () => void): Promise<true> {
  let read = 0;
  for await (const chunk of request) {
    read += (chunk as Buffer).length;
    if (read >= bytes) break;
  }
  then();
  return true;
}

test('retries a request whose connection is reset at any byte', async (t) => {
  const cwd = await ownFolder(t);
  const bytes = Buffer.alloc(SIZE, 'reset');
  await writeFile(join(cwd, 'f'), bytes);
  const offsets = [0, 1, 65_536, 1_048_577, SIZE - 1, SIZE];
  const edge = await ownEdge(t, (request, _response, number) => {
    const offset = offsets[number];
    if (request.method !== 'PUT' || offset === undefined) return false;
    return afterBytes(request, offset, () => request.socket.resetAndDestroy());
  });
  const context = testContext({ cwd });
  const clock = restlessClock();
  await upload(t, context, edge.url, { files: ['f'] }, { clock });
  assert.ok(edge.stored.get('/f')?.equals(bytes));
  assert.equal(rows(context.events)[0]?.attempts, offsets.length + 1);
  assert.deepEqual(clock.slept, [250, 500, 1000, 2000, 4000, 8000]);
  const last = context.events.findLast((event) => event.type === 'transfer');
  assert.equal(last?.bytes, SIZE, 'bytes of failed attempts do not count');
});

test('retries 503, 500, 429, 408 and S3’s temporary errors; honours Retry-After', async (t) => {
  const cwd = await ownFolder(t);
  await writeFile(join(cwd, 'f'), 'bytes');
  const answers: ((response: Parameters<EdgeFault>[1]) => void)[] = [
    (response) => respondXml(response, 503, 'SlowDown', { 'retry-after': '7' }),
    (response) => respondXml(response, 500, 'InternalError'),
    (response) => respondJson(response, 429, 'slow', { 'retry-after': 'not a date' }),
    (response) => respondXml(response, 400, 'RequestTimeout'),
    (response) => void response.writeHead(504, { 'content-type': 'text/html' }).end('<html>'),
    (response) => respondXml(response, 409, 'ConditionalRequestConflict'),
  ];
  const edge = await ownEdge(t, async (request, response, number) => {
    const answer = answers[number];
    if (answer === undefined) return false;
    await readAll(request);
    answer(response);
    return true;
  });
  const context = testContext({ cwd });
  const clock = restlessClock();
  await upload(t, context, edge.url, { files: ['f'] }, { clock });
  assert.equal(rows(context.events)[0]?.attempts, answers.length + 1);
  assert.equal(clock.slept[0], 7000);
  assert.ok(context.events.some((event) => event.type === 'note' && /SlowDown/.test(event.text)));
});

test('stops after ten attempts, and before a wait that is too long', async (t) => {
  const cwd = await ownFolder(t);
  await writeFile(join(cwd, 'f'), 'bytes');
  let asked = 0;
  const edge = await ownEdge(t, async (request, response) => {
    asked += 1;
    await readAll(request);
    respondXml(response, 503, 'SlowDown', asked > 10 ? { 'retry-after': '86400' } : {});
    return true;
  });
  const put = () => upload(t, testContext({ cwd }), edge.url, { files: ['f'] });
  await assert.rejects(put(), withCode('gave_up', /SlowDown.*given up after 10 attempts/));
  assert.equal(asked, RETRY.tries);
  await assert.rejects(put(), withCode('gave_up'));
  assert.equal(asked, RETRY.tries + 1, 'no wait of a day');
});

test('does not retry final refusals, and explains each', async (t) => {
  const cwd = await ownFolder(t);
  await writeFile(join(cwd, 'f'), 'bytes');
  const cases: [number, 'edge' | 'store', string, string, number][] = [
    [412, 'store', 'PreconditionFailed', 'exists', EXIT.policy],
    [413, 'edge', 'too_large', 'too_large', EXIT.policy],
    [400, 'store', 'EntityTooLarge', 'too_large', EXIT.policy],
    [400, 'edge', 'bad_key', 'bad_key', EXIT.policy],
    [400, 'store', 'KeyTooLongError', 'bad_key', EXIT.policy],
    [403, 'edge', 'forbidden', 'forbidden', EXIT.auth],
    [403, 'store', 'AccessDenied', 'forbidden', EXIT.auth],
    [404, 'store', 'NoSuchBucket', 'refused_by_store', EXIT.policy],
    [405, 'edge', 'method_not_allowed', 'refused_by_edge', EXIT.policy],
  ];
  for (const [status, from, said, code, exitCode] of cases) {
    const edge = await ownEdge(t, async (request, response) => {
      await readAll(request);
      (from === 'edge' ? respondJson : respondXml)(response, status, said);
      return true;
    });
    await assert.rejects(
      upload(t, testContext({ cwd }), edge.url, { files: ['f'] }),
      (error) => withCode(code)(error) && (error as { exitCode: number }).exitCode === exitCode,
      `${status} ${said}`,
    );
    assert.equal(edge.seen.length, 1);
  }
});

test('does not follow a redirect, which would pass the token on', async (t) => {
  const cwd = await ownFolder(t);
  await writeFile(join(cwd, 'f'), 'bytes');
  const edge = await ownEdge(t, async (request, response) => {
    await readAll(request);
    response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end();
    return true;
  });
  await assert.rejects(
    upload(t, testContext({ cwd }), edge.url, { files: ['f'] }),
    withCode('not_an_edge', /HTTP 307/),
  );
});

test('sends bytes damaged in transit again once, then fails', async (t) => {
  const cwd = await ownFolder(t);
  await writeFile(join(cwd, 'f'), 'bytes');
  const damageFirst = (times: number) =>
    ownEdge(t, async (request, response, number) => {
      if (number >= times) return false;
      await readAll(request);
      respondXml(response, 400, 'BadDigest');
      return true;
    });
  const healing = await damageFirst(1);
  await upload(t, testContext({ cwd }), healing.url, { files: ['f'] });
  assert.equal(healing.stored.size, 1);
  const broken = await damageFirst(9);
  await assert.rejects(
    upload(t, testContext({ cwd }), broken.url, { files: ['f'] }),
    withCode('bytes_differ', /damaged on its way/),
  );
  assert.equal(broken.seen.length, 2);
});

test('cuts and retries a stalled attempt, before or after the body is sent', async (t) => {
  const cwd = await ownFolder(t);
  const bytes = Buffer.alloc(24 * 1024 * 1024, 'stall');
  await writeFile(join(cwd, 'f'), bytes);
  const edge = await ownEdge(t, async (request, _response, number) => {
    if (number === 0) return true; // reads nothing, answers nothing
    if (number > 1) return false;
    await readAll(request);
    return true; // reads all, answers nothing
  });
  const context = testContext({ cwd });
  await upload(t, context, edge.url, { files: ['f'] }, { stallMs: 1_000, multipart: 'never' });
  assert.ok(edge.stored.get('/f')?.equals(bytes));
  // On a busy computer, an attempt that the edge reads can stall too.
  const attempts = edge.seen.length;
  assert.ok(attempts >= 3, String(attempts));
  assert.equal(rows(context.events)[0]?.attempts, attempts);
});

test('gives up on an unreachable edge after a few attempts', async (t) => {
  const cwd = await ownFolder(t);
  await writeFile(join(cwd, 'f'), 'x');
  const edge = await ownEdge(t);
  await edge.close();
  await assert.rejects(
    upload(t, testContext({ cwd }), edge.url, { files: ['f'] }),
    withCode('unreachable', /given up after 4 attempts/),
  );
});

test('gives up after a few attempts if no descriptor is free for a connection', async (t) => {
  const cwd = await ownFolder(t);
  await writeFile(join(cwd, 'f'), 'x');
  const connect: buildConnector.connector = (_options, callback) =>
    callback(Object.assign(new Error('connect EMFILE'), { code: 'EMFILE', syscall: 'connect' }), null);
  const dispatcher = new Agent({ connect });
  t.after(() => dispatcher.destroy());
  await assert.rejects(
    upload(t, testContext({ cwd }), 'http://127.0.0.1', { files: ['f'] }, { dispatcher }),
    withCode(
      'unreachable',
      /too many open files \(given up after 6 attempts/,
      /^Raise the limit with: ulimit -n/,
    ),
  );
  await writeFile(join(cwd, 'g'), 'y');
  const context = testContext({ cwd });
  await upload(t, context, 'http://127.0.0.1', { files: ['f', 'g'] }, { dispatcher, concurrency: 1 });
  assert.match(JSON.stringify(rows(context.events)[1]), /Not tried: No connection/);
});

test('ends the upload at Ctrl-C during a body and during a wait', async (t) => {
  const cwd = await ownFolder(t);
  await writeFile(join(cwd, 'f'), Buffer.alloc(SIZE));
  const context = testContext({ cwd });
  const edge = await ownEdge(t, (request) => {
    request.once('data', () => context.abort.abort());
    return true;
  });
  await assert.rejects(upload(t, context, edge.url, { files: ['f'] }), withCode('interrupted'));

  const other = testContext({ cwd });
  const busy = await ownEdge(t, async (request, response) => {
    await readAll(request);
    respondXml(response, 503, 'SlowDown', { 'retry-after': '100' });
    return true;
  });
  const { CLOCK } = await import('../../../../cli/transfer/wire/retry.ts');
  const clock = {
    ...CLOCK,
    sleep: (milliseconds: number, signal: AbortSignal) => {
      setImmediate(() => other.abort.abort());
      return CLOCK.sleep(milliseconds, signal);
    },
  };
  await assert.rejects(upload(t, other, busy.url, { files: ['f'] }, { clock }), withCode('interrupted'));
});

test('prints the sum so far at Ctrl-C among several files', async (t) => {
  const cwd = await ownFolder(t);
  for (const name of ['a', 'b']) await writeFile(join(cwd, name), Buffer.alloc(SIZE));
  const context = testContext({ cwd });
  const edge = await ownEdge(t, (request) => {
    if (request.url === '/a') return false;
    request.once('data', () => context.abort.abort());
    return true;
  });
  const sending = upload(t, context, edge.url, { files: ['a', 'b'] }, { concurrency: 1 });
  await assert.rejects(sending, withCode('interrupted'));
  const [first, last, ...others] = rows(context.events);
  assert.equal(first?.key, 'a');
  assert.deepEqual(
    [last?.type, last?.files, last?.stored, last?.failed, last?.bytes],
    ['summary', 1, 1, 0, SIZE],
  );
  assert.deepEqual(others, []);
});

test('renews the token once after a 401, without output', async (t) => {
  const cwd = await ownFolder(t);
  const bytes = Buffer.alloc(SIZE, 'token');
  await writeFile(join(cwd, 'f'), bytes);
  const edge = await ownEdge(t);
  const context = testContext({ cwd });
  await upload(t, context, edge.url, { files: ['f'] }, { tokens: tokensOf('old', 'good') });
  assert.ok(edge.stored.get('/f')?.equals(bytes));
  assert.equal(rows(context.events)[0]?.attempts, 1);
  await assert.rejects(
    upload(t, testContext({ cwd }), edge.url, { files: ['f'] }, { tokens: tokensOf('old', 'bad', 'good') }),
    withCode('token_refused', /token_expired/),
  );
  await assert.rejects(
    upload(t, testContext({ cwd }), edge.url, { files: ['f'] }, { tokens: tokensOf('old') }),
    withCode('not_signed_in'),
  );
});

test('sends no more files after the sign-in has ended', async (t) => {
  const cwd = await ownFolder(t);
  const files = Array.from({ length: 30 }, (_, index) => `f${index}`);
  for (const file of files) await writeFile(join(cwd, file), file);
  const edge = await ownEdge(t);
  const result = await upload(
    t,
    testContext({ cwd }),
    edge.url,
    { files },
    { tokens: tokensOf('old'), concurrency: 2 },
  );
  assert.equal(result.exitCode, EXIT.auth);
  assert.equal(result.document.failed, files.length);
  assert.ok(edge.seen.length <= 4);
});

test('continues after a file without a response, and stops if the edge is unreachable', async (t) => {
  const cwd = await ownFolder(t);
  const files = Array.from({ length: 9 }, (_, index) => `f${index}`);
  for (const file of files) await writeFile(join(cwd, file), file);
  const silent = ['/f0', '/f5', '/f6'];
  const edge = await ownEdge(t, (request) => {
    if (!silent.includes(request.url ?? '')) return false;
    request.socket.resetAndDestroy();
    return true;
  });
  const retry = { ...RETRY, tries: 2 };
  const context = testContext({ cwd });
  const result = await upload(t, context, edge.url, { files }, { concurrency: 1, retry });
  assert.equal(result.document.stored, 6);
  assert.equal(result.exitCode, EXIT.network);
  const failed = rows(context.events).filter(({ error }) => error !== undefined);
  assert.deepEqual(
    failed.map(({ file }) => file),
    ['f0', 'f5', 'f6'],
  );

  await edge.close();
  const gone = testContext({ cwd });
  const nothing = await upload(t, gone, edge.url, { files }, { concurrency: 1, retry });
  assert.equal(nothing.document.stored, 0);
  const said = rows(gone.events).map(({ error }) => (error as { message: string }).message);
  assert.equal(said.filter((message) => message.startsWith('Not tried: ')).length, 7);
});

test('tries no more files once the edge responds to nothing, although it stored others before', async (t) => {
  const cwd = await ownFolder(t);
  const files = Array.from({ length: 9 }, (_, index) => `f${index}`);
  for (const file of files) await writeFile(join(cwd, file), file);
  const page = (status: number) => async (request: IncomingMessage, response: ServerResponse) => {
    await readAll(request);
    response.writeHead(status, { 'content-type': 'text/html' }).end('<html>Please wait</html>');
  };
  const ends = {
    unreachable: async (request: IncomingMessage) => void request.socket.resetAndDestroy(),
    gave_up: page(503),
    not_an_edge: page(200),
  };
  for (const [code, end] of Object.entries(ends)) {
    let gone = false;
    const edge = await ownEdge(t, async (request, response) => {
      gone ||= request.url === '/f2';
      if (gone) await end(request, response);
      return gone;
    });
    const context = testContext({ cwd });
    const result = await upload(t, context, edge.url, { files }, { concurrency: 1 });
    assert.equal(result.document.stored, 2, code);
    const errors = rows(context.events).flatMap(({ error }) => error ?? []) as {
      code: string;
      message: string;
    }[];
    assert.deepEqual(new Set(errors.map((error) => error.code)), new Set([code]));
    assert.deepEqual(
      errors.map(({ message }) => message.startsWith('Not tried: ')),
      [false, true, true, true, true, true, true],
      code,
    );
  }
});

test('tries all files if one was stored while the edge did not respond to the check', async (t) => {
  const cwd = await ownFolder(t);
  const files = Array.from({ length: 6 }, (_, index) => `f${index}`);
  for (const file of files) await writeFile(join(cwd, file), file);
  const steps = new EventEmitter();
  const [first, check, third] = ['f0', 'check', 'f2'].map((step) => once(steps, step));
  const edge = await ownEdge(t, async ({ method, url }, response) => {
    if (url === '/f1') await first;
    if (url === '/f2') await check;
    if (method === 'GET') {
      steps.emit('check');
      await third;
    }
    if (method !== 'GET' && url !== '/f1') return false;
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Please wait</html>');
    return true;
  });
  const context = testContext({ cwd });
  const onOutcome = ({ item }: Outcome) => void steps.emit(item.name);
  const result = await upload(t, context, edge.url, { files }, { concurrency: 2, onOutcome });
  assert.deepEqual([result.document.stored, result.document.failed], [5, 1]);
});

test('refuses metadata that is too long with the uploader’s name', async (t) => {
  const cwd = await ownFolder(t);
  await writeFile(join(cwd, 'f'), 'bytes');
  const edge = await ownEdge(t, async (request, response) => {
    await readAll(request);
    respondXml(response, 400, 'MetadataTooLarge');
    return true;
  });
  const metadata = { long: 'x'.repeat(2044) };
  await assert.rejects(upload(t, testContext({ cwd }), edge.url, { files: ['f'] }, { metadata }), (error) => {
    assert.ok(withCode('usage', /MetadataTooLarge/)(error));
    assert.match(String((error as { hint?: string }).hint), /the uploader's name/);
    return true;
  });
});
