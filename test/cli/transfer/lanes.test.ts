import assert from 'node:assert/strict';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLanes } from '../../../cli/transfer/lanes.ts';
import { testContext } from './helpers/context.ts';
import { answerXml, readAll } from './helpers/edge.ts';
import { ownEdge, ownFolder, upload } from './helpers/uploading.ts';

const MIB = 1024 * 1024;
const PART = 16 * MIB;
const MOST = 16;
const TICK_MS = 20;

interface Link {
  /** MiB a second of all connections together, and of each; absent: any. */
  total?: number;
  readonly each?: number;
  /** Until a new connection moves its first byte, milliseconds. */
  readonly handshakeMs?: number;
}

/** Sends parts over a made-up link on a made-up clock; how many were under way at each moment, and when each was stored. */
async function sendOver(link: Link, parts: number, limitRate?: number) {
  const { handshakeMs = 240, each = 1e9 } = link;
  let time = 0;
  const lanes = createLanes({ most: MOST, limitRate, now: () => time });
  const sending = new Set<{ left: number; from: number; moved: (bytes: number) => void; end: () => void }>();
  const stored: number[] = [];
  let most = 0;
  const all = Array.from({ length: parts }, () =>
    lanes.run(PART, (moved) =>
      new Promise<void>((end) => {
        sending.add({ left: PART, from: time + handshakeMs, moved, end });
        most = Math.max(most, sending.size);
      }).then(() => void stored.push(time)),
    ),
  );
  while (stored.length < parts) {
    time += TICK_MS;
    const open = [...sending].filter(({ from }) => from <= time);
    const { total = 1e9 } = link;
    const bytes = (Math.min(each, total / Math.max(1, open.length)) * MIB * TICK_MS) / 1000;
    for (const lane of open) {
      const sent = Math.min(bytes, lane.left);
      lane.left -= sent;
      lane.moved(sent);
      if (lane.left > 0) continue;
      sending.delete(lane);
      lane.end();
    }
    await new Promise((next) => setImmediate(next));
  }
  await Promise.all(all);
  return { most, stored, seconds: time / 1000 };
}

test('a slow link that few parts fill gets no more of them, so that some are stored early', async () => {
  const { most, stored, seconds } = await sendOver({ total: 3 }, 32);
  assert.ok(most <= 4, `${most} at once`);
  assert.ok((stored[0] ?? 0) < 25_000, `the first was stored after ${stored[0]} ms`);
  assert.ok(seconds < 1.05 * ((32 * 16) / 3), `${seconds} s`);
});

test('where each connection is slow, all of them are used', async () => {
  for (const each of [3, 0.5]) {
    const { most, seconds } = await sendOver({ each }, 64);
    assert.equal(most, MOST, `${each} MiB/s each`);
    assert.ok(seconds < 1.35 * ((64 * 16) / (MOST * each)), `${each} MiB/s each: ${seconds} s`);
  }
});

test('a fast link is not asked twice', async () => {
  const { most, stored } = await sendOver({ total: 100, handshakeMs: 5 }, 64);
  assert.equal(most, MOST);
  assert.ok((stored[0] ?? 0) < 1_000);
});

test('a link that gets faster is found out', async () => {
  const link: Link = { total: 3 };
  const sending = sendOver(link, 64);
  setImmediate(() => {
    link.total = 40;
  });
  assert.equal((await sending).most, MOST);
});

test('with a rate limit no more are under way than it sends in ten seconds', async () => {
  for (const [limit, expected] of [
    [1, 1],
    [3, 2],
    [8, 5],
  ] as const) {
    const { most } = await sendOver({ total: limit }, 12, limit * MIB);
    assert.ok(most <= expected, `${limit} MiB/s: ${most} at once`);
  }
});

test('put with --limit-rate has no more parts open than that at the edge', async (t) => {
  const home = await ownFolder(t);
  await writeFile(join(home, 'f'), '');
  await truncate(join(home, 'f'), 40 * MIB);
  let open = 0;
  let most = 0;
  const edge = await ownEdge(t, (request, response) => {
    if (!request.url?.includes('partNumber=')) return false;
    open += 1;
    most = Math.max(most, open);
    response.once('close', () => {
      open -= 1;
    });
    return false;
  });
  const context = testContext({ cwd: home, home });
  await upload(t, context, edge.url, { files: ['f'] }, { partSize: 5 * MIB, limitRate: MIB });
  assert.equal(edge.stored.get('/f')?.length, 40 * MIB);
  assert.equal(most, 2);
});

test('after a failure no part that waited is begun', async (t) => {
  const home = await ownFolder(t);
  await writeFile(join(home, 'f'), '');
  await truncate(join(home, 'f'), 100 * MIB);
  const edge = await ownEdge(t, async (request, response) => {
    if (!request.url?.includes('partNumber=')) return false;
    await readAll(request);
    answerXml(response, 403, 'AccessDenied');
    return true;
  });
  const context = testContext({ cwd: home, home });
  await assert.rejects(upload(t, context, edge.url, { files: ['f'] }, { partSize: 5 * MIB }));
  const parts = edge.seen.filter(({ path }) => path.includes('partNumber='));
  assert.ok(parts.length <= 2, `${parts.length} parts were begun`);
});
