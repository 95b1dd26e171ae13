import assert from 'node:assert/strict';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLanes, type Lane } from '../../../../cli/transfer/pacing/lanes.ts';
import { testContext } from '../helpers/context.ts';
import { answerXml, readAll } from '../helpers/edge.ts';
import { ownEdge, ownFolder, upload } from '../helpers/uploading.ts';

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
  /** MiB that are taken of each connection at once, and after that a third of it at a time, as kernels do. */
  readonly buffer?: number;
  /** The same as `total` for as long as some pause. */
  readonly totalInPause?: number;
  /** Connections that do not pause while others do are cut, and tried again after 10 s. */
  readonly cutInPause?: boolean;
}

/** Sends parts over a made-up link on a made-up clock; how many were under way at each moment, and when each was stored. */
async function sendOver(link: Link, parts: number, limitRate?: number) {
  const { handshakeMs = 240, each = 1e9, buffer = 0, totalInPause, cutInPause } = link;
  let time = 0;
  let longestPause = 0;
  const sleeping = new Set<{ until: number; wake: () => void }>();
  const clock = {
    now: () => time,
    sleep: (milliseconds: number, signal: AbortSignal) =>
      new Promise<void>((wake, stop) => {
        const sleeper = { until: time + milliseconds, wake };
        sleeping.add(sleeper);
        signal.addEventListener('abort', () => {
          sleeping.delete(sleeper);
          stop(signal.reason);
        });
      }),
  };
  const lanes = createLanes({ most: MOST, limitRate, clock, signal: new AbortController().signal });
  const sending = new Set<{
    unsent: number;
    buffered: number;
    paused: number;
    from: number;
    lane: Lane;
    end: () => void;
  }>();
  const stored: number[] = [];
  let most = 0;
  const all = Array.from({ length: parts }, () =>
    lanes.run(PART, (lane) =>
      new Promise<void>((end) => {
        sending.add({ unsent: PART, buffered: 0, paused: 0, from: time + handshakeMs, lane, end });
        most = Math.max(most, sending.size);
      }).then(() => void stored.push(time)),
    ),
  );
  while (stored.length < parts) {
    time += TICK_MS;
    if (time > 3_600_000) throw new Error('the upload stands still');
    for (const sleeper of sleeping) {
      if (sleeper.until > time) continue;
      sleeping.delete(sleeper);
      sleeper.wake();
    }
    const open = [...sending].filter(({ from }) => from <= time);
    const paused = open.some(({ paused }) => paused > 0);
    for (const one of paused && cutInPause ? open.filter((one) => one.paused === 0) : []) {
      one.lane.moved(one.unsent - PART);
      Object.assign(one, { unsent: PART, buffered: 0, from: time + 10_000 });
    }
    const total = (paused ? totalInPause : undefined) ?? link.total ?? 1e9;
    const drains = open.filter(
      ({ buffered, unsent, paused }) => buffered > 0 || (unsent > 0 && paused === 0),
    );
    const bytes = (Math.min(each, total / Math.max(1, drains.length)) * MIB * TICK_MS) / 1000;
    const room = buffer * MIB;
    for (const one of open) {
      const goesOn = await Promise.race([one.lane.turn().then(() => true), tick().then(() => false)]);
      one.paused = goesOn ? 0 : one.paused + TICK_MS;
      longestPause = Math.max(longestPause, one.paused);
      const fills = one.buffered <= (2 / 3) * room;
      const taken = !goesOn || !fills ? 0 : Math.min(one.unsent, room - one.buffered + bytes);
      one.unsent -= taken;
      one.buffered = Math.max(0, one.buffered + taken - bytes);
      if (taken > 0) one.lane.moved(taken);
      if (one.unsent > 0 || one.buffered > 0) continue;
      sending.delete(one);
      one.end();
    }
    await tick();
  }
  await Promise.all(all);
  return { most, stored, seconds: time / 1000, longestPause };
}

const tick = () => new Promise((next) => setImmediate(next));

for (const buffer of [0, 1, 4]) {
  test(`a slow link that few parts fill gets no more of them, so that some are stored early (buffers of ${buffer} MiB)`, async () => {
    for (const [parts, first] of [
      [6, 18_000],
      [32, 24_000],
    ] as const) {
      const { most, stored, seconds } = await sendOver({ total: 3, buffer }, parts);
      assert.ok(most <= 4, `${most} at once`);
      assert.ok((stored[0] ?? 0) < first, `the first of ${parts} was stored after ${stored[0]} ms`);
      assert.ok(seconds < 1.05 * ((parts * 16) / 3), `${seconds} s`);
    }
  });

  test(`where each connection is slow, all of them are used (buffers of ${buffer} MiB)`, async () => {
    for (const each of [3, 0.5]) {
      const { most, seconds } = await sendOver({ each, buffer }, 64);
      assert.equal(most, MOST, `${each} MiB/s each`);
      assert.ok(seconds < 1.35 * ((64 * 16) / (MOST * each)), `${each} MiB/s each: ${seconds} s`);
    }
  });
}

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

test('parts that pause go on after a while, also where nothing moves meanwhile', async () => {
  const { longestPause } = await sendOver({ total: 3, totalInPause: 0 }, 8);
  assert.ok(longestPause > 0);
  assert.ok(longestPause <= 13_000, `${longestPause} ms`);
});

test('parts that pause go on where one that does not is cut', async () => {
  const { longestPause } = await sendOver({ total: 3, cutInPause: true }, 8);
  assert.ok(longestPause > 0);
  assert.ok(longestPause <= 5 * TICK_MS, `${longestPause} ms`);
});

test('with a rate limit no more parts are under way than it sends in five seconds', async () => {
  for (const [limit, expected] of [
    [1, 1],
    [3, 1],
    [8, 3],
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
  assert.equal(most, 1);
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
  // On a slow computer all sixteen at once may begin before the first refusal arrives; the other four never do.
  assert.ok(parts.length <= 16, `${parts.length} parts were begun`);
});
