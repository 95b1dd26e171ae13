import assert from 'node:assert/strict';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { testContext } from '../../../support/context.ts';
import { readAll, respondXml } from '../helpers/edge.ts';
import { ownEdge, ownFolder, upload } from '../helpers/uploading.ts';
import { MIB, MOST, sendOver } from './simulated-link.ts';

for (const buffer of [0, 1, 3, 4, 5]) {
  const of = `(buffers of ${buffer} MiB)`;

  test(`keeps few parts under way on a shared link ${of}`, async () => {
    for (const rate of [3, 6]) {
      const { most, meanLoss, seconds } = await sendOver({ total: () => rate, buffer }, { parts: 24 });
      assert.ok(most <= 5, `${most} at once`);
      assert.ok(meanLoss < 20 * MIB, `${meanLoss} bytes`);
      assert.ok(seconds < 1.05 * ((24 * 8) / rate), `${seconds} s`);
    }
  });

  test(`uses every connection if each has its own rate ${of}`, async () => {
    const quick = await sendOver({ each: () => 3, buffer }, { parts: 25 });
    assert.ok(quick.most >= 21, `${quick.most} at once`);
    for (const rate of [1.5, 0.5]) {
      const { most, seconds } = await sendOver({ each: () => rate, buffer }, { parts: 128 });
      assert.equal(most, MOST, `${rate} MiB/s each`);
      assert.ok(seconds < 2.1 * ((128 * 8) / (MOST * rate)), `${rate} MiB/s each: ${seconds} s`);
    }
  });

  test(`starts fewer parts when the rate falls ${of}`, async () => {
    const falling = (time: number) => (time < 5_000 ? 40 : 2);
    const { most, mostAfter } = await sendOver({ total: falling, each: () => 4, buffer }, { parts: 96 });
    assert.equal(most, MOST);
    // The 32 parts then take 128 s; in 30 s the link transfers 7.
    assert.ok(mostAfter(150_000) <= 8, `${mostAfter(150_000)} at once`);
  });

  test(`starts more parts when the rate rises ${of}`, async () => {
    const rising = (time: number) => (time < 10_000 ? 3 : 40);
    assert.equal((await sendOver({ total: rising, each: () => 4, buffer }, { parts: 64 })).most, MOST);
  });

  test(`does not wait for one slow connection ${of}`, async () => {
    const link = { each: (number: number) => (number === 1 ? 0.1 : 3), buffer };
    const { stored } = await sendOver(link, { parts: 64 });
    assert.ok((stored.at(-2) ?? 0) < 12_000, `the last but one was stored after ${stored.at(-2)} ms`);
  });
}

test('stays at four connections if they fill a fast link', async () => {
  for (const rate of [40, 100, 400]) {
    for (const buffer of [0, 1, 4]) {
      const link = { total: () => rate, buffer, handshakeMs: 5 };
      const { most, mostAfter, seconds } = await sendOver(link, { parts: 128 });
      assert.ok(most <= 8, `${rate} MiB/s: ${most} at once`);
      assert.ok(
        mostAfter(seconds * 500) <= 5,
        `${rate} MiB/s: ${mostAfter(seconds * 500)} at once in the end`,
      );
      assert.ok(seconds < 0.6 + 1.05 * ((128 * 8) / rate), `${rate} MiB/s: ${seconds} s`);
    }
  }
});

test('adds connections on a fast link while they raise the rate', async () => {
  for (const rate of [6, 12]) {
    const { most, seconds } = await sendOver({ each: () => rate }, { parts: 256 });
    assert.equal(most, MOST, `${rate} MiB/s each`);
    assert.ok(seconds < 7 + (256 * 8) / (MOST * rate), `${rate} MiB/s each: ${seconds} s`);
  }
});

test('ends with two parts at a time on a very slow link', async () => {
  const { mostAfter } = await sendOver({ total: () => 0.25, buffer: 1 }, { parts: 12 });
  assert.equal(mostAfter(300_000), 2);
});

test('sends the parts that a rate limit allows in five seconds', async () => {
  for (const [rate, parts] of [
    [0.5, 1],
    [3, 3],
    [8, 8],
  ] as const) {
    const sending = { parts: 24, partSize: 5 * MIB, limitRate: rate * MIB };
    const { most, largestLoss } = await sendOver({ buffer: 1 }, sending);
    assert.ok(most <= parts, `${rate} MiB/s: ${most} at once`);
    assert.ok(largestLoss <= Math.max(5, 5 * rate) * MIB, `${rate} MiB/s: ${largestLoss} bytes`);
  }
});

test('adds connections if few do not reach the rate limit', async () => {
  const { seconds } = await sendOver({ each: () => 1 }, { parts: 64, partSize: 5 * MIB, limitRate: 8 * MIB });
  assert.ok(seconds < 1.2 * ((64 * 5) / 8), `${seconds} s`);
});

test('sends no more parts at once with put --limit-rate', async (t) => {
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

test('starts no waiting part after a failure', async (t) => {
  const home = await ownFolder(t);
  await writeFile(join(home, 'f'), '');
  await truncate(join(home, 'f'), 100 * MIB);
  const edge = await ownEdge(t, async (request, response) => {
    if (!request.url?.includes('partNumber=')) return false;
    await readAll(request);
    respondXml(response, 403, 'AccessDenied');
    return true;
  });
  const context = testContext({ cwd: home, home });
  await assert.rejects(upload(t, context, edge.url, { files: ['f'] }, { partSize: 5 * MIB }));
  const parts = edge.seen.filter(({ path }) => path.includes('partNumber='));
  assert.ok(parts.length <= 4, `${parts.length} parts began`);
});
