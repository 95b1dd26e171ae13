import assert from 'node:assert/strict';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { EXIT, UserError } from '../../../cli/errors.ts';
import type { SourceOptions } from '../../../cli/transfer/sources/sources.ts';
import { CLOCK } from '../../../cli/transfer/wire/retry.ts';
import { rows, testContext } from '../../support/context.ts';
import { readAll } from './helpers/edge.ts';
import { ownEdge, ownFolder, restlessClock, upload, withCode } from './helpers/uploading.ts';

const MIB = 1024 ** 2;
const PART = 5 * MIB;

test('keeps a part that ends within a second of Ctrl-C, and prints where it resumes', async (t) => {
  const cwd = await ownFolder(t);
  const bytes = Buffer.alloc(3 * PART, 'grace');
  await writeFile(join(cwd, 'f'), bytes);
  const first = testContext({ cwd, home: cwd });
  let pressed = false;
  const edge = await ownEdge(t, async (request) => {
    if (pressed || !request.url?.includes('partNumber=2')) return false;
    pressed = true;
    // While the body is being sent.
    first.abort.abort();
    return false;
  });
  const options = { partSize: PART, concurrency: 1, clock: CLOCK };
  await assert.rejects(upload(t, first, edge.url, { files: ['f'] }, options), withCode('interrupted'));
  const second = testContext({ cwd, home: cwd });
  await upload(t, second, edge.url, { files: ['f'] }, options);
  assert.ok(edge.stored.get('/f')?.equals(bytes));
  const notes = second.events.flatMap((event) => (event.type === 'note' ? [event.text] : []));
  assert.deepEqual(notes, ['Resuming f at 10.0 MiB of 15.0 MiB.']);
  const sent = edge.seen
    .filter(({ path }) => path.includes('partNumber='))
    .map(({ path }) => path.slice(0, 16));
  assert.deepEqual(sent, ['/f?partNumber=1&', '/f?partNumber=2&', '/f?partNumber=3&']);
});

test('loses at most five seconds of a rate limit at Ctrl-C', async (t) => {
  for (const rate of [2 * MIB, 8 * MIB]) {
    const cwd = await ownFolder(t);
    await writeFile(join(cwd, 'f'), '');
    await truncate(join(cwd, 'f'), 177 * MIB);
    const context = testContext({ cwd, home: cwd });
    let begun = 0;
    const edge = await ownEdge(t, (request) => {
      if (!request.url?.includes('partNumber=')) return false;
      begun += 1;
      if (begun === 12) context.abort.abort();
      return begun > 12;
    });
    // Sixteen times as fast as every other part.
    const clock = {
      now: () => 16 * performance.now(),
      sleep: (milliseconds: number, signal: AbortSignal) => CLOCK.sleep(milliseconds / 16, signal),
      random: () => 0.5,
    };
    const options = { limitRate: rate, clock };
    await assert.rejects(upload(t, context, edge.url, { files: ['f'] }, options), withCode('interrupted'));
    const [open] = edge.multipart.open.values();
    const stored = [...(open?.parts.values() ?? [])].reduce((sum, { body }) => sum + body.length, 0);
    assert.ok(12 * PART - stored <= 5 * rate, `${stored} bytes are stored`);
  }
});

test('awaits a response for at most a second after Ctrl-C', async (t) => {
  const cwd = await ownFolder(t);
  await writeFile(join(cwd, 'f'), 'bytes');
  const context = testContext({ cwd });
  const edge = await ownEdge(t, async (request) => {
    await readAll(request);
    context.abort.abort();
    return true;
  });
  const options = { clock: CLOCK, stallMs: 0 };
  await assert.rejects(upload(t, context, edge.url, { files: ['f'] }, options), withCode('interrupted'));
});

test('shows requests that wait for a retry as one count', async (t) => {
  const cwd = await ownFolder(t);
  await writeFile(join(cwd, 'f'), Buffer.alloc(3 * PART, 'cut'));
  let cuts = 0;
  const edge = await ownEdge(t, (request) => {
    if (request.method !== 'PUT' || cuts >= 6) return false;
    cuts += 1;
    request.socket.resetAndDestroy();
    return true;
  });
  const context = testContext({ cwd, home: cwd });
  await upload(t, context, edge.url, { files: ['f'] }, { partSize: PART, clock: restlessClock() });
  const troubles = context.events.flatMap((event) =>
    event.type === 'transfer' && event.trouble ? [event.trouble] : [],
  );
  assert.ok(troubles.length > 0);
  assert.ok(troubles.every(({ count, noun }) => count >= 1 && count <= 3 && noun === 'part'));
  assert.equal(context.events.filter(({ type }) => type === 'note').length, 0);
  const last = context.events.findLast((event) => event.type === 'transfer');
  assert.equal(last?.type === 'transfer' && last.trouble, undefined, 'no trouble is reported at the end');
});

test('prints the same JSON lines for one file as for several', async (t) => {
  const cwd = await ownFolder(t);
  await writeFile(join(cwd, 'f'), 'bytes');
  const edge = await ownEdge(t);
  const options = { json: true, quiet: false, debug: false, color: false };
  const good = testContext({ cwd, options });
  const stored = await upload(t, good, edge.url, { files: ['f'] });
  assert.deepEqual([rows(good.events)[0]?.type, stored.document.type], ['file', 'summary']);
  const bad = testContext({ cwd, options });
  const failed = await upload(t, bad, edge.url, { files: ['absent'] });
  const [row = {}] = rows(bad.events);
  assert.equal((row.error as { code: string }).code, 'file_missing');
  assert.deepEqual(
    [failed.document.type, failed.document.failed, failed.exitCode],
    ['summary', 1, EXIT.input],
  );
  const stopped = testContext({ cwd, options });
  stopped.abort.abort();
  await assert.rejects(upload(t, stopped, edge.url, { files: ['f'] }), withCode('interrupted'));
  assert.deepEqual(
    rows(stopped.events).map(({ type }) => type),
    ['summary'],
  );
});

test('promises at Ctrl-C to resume a file, but not standard input', async (t) => {
  const cwd = await ownFolder(t);
  await writeFile(join(cwd, 'f'), 'bytes');
  const edge = await ownEdge(t);
  const hintFor = async (sources: SourceOptions) => {
    const context = testContext({ cwd, stdin: Readable.from([Buffer.from('bytes')]) });
    context.abort.abort();
    const error = await upload(t, context, edge.url, sources).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof UserError && error.code === 'interrupted');
    return error.hint;
  };
  assert.match(String(await hintFor({ files: ['f'] })), /resumes where it stopped/);
  assert.equal(await hintFor({ files: ['-'], as: 'key' }), undefined);
});

test('stops waiting for a token at Ctrl-C', async (t) => {
  const cwd = await ownFolder(t);
  await writeFile(join(cwd, 'f'), 'bytes');
  const context = testContext({ cwd });
  const edge = await ownEdge(t);
  const never = new Promise<string>(() => {});
  const tokens = {
    current() {
      context.abort.abort();
      return never;
    },
    renew: () => never,
  };
  await assert.rejects(upload(t, context, edge.url, { files: ['f'] }, { tokens }), withCode('interrupted'));
});
