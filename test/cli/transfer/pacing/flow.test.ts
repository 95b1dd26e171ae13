import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRateLimit, outflow } from '../../../../cli/transfer/pacing/outflow.ts';
import { TransferMeter } from '../../../../cli/transfer/progress.ts';
import { stallGuard } from '../../../../cli/transfer/wire/retry.ts';
import { parseSize } from '../../../../cli/ui/format.ts';
import { testContext } from '../../../support/context.ts';
import { withCode } from '../helpers/uploading.ts';

/** A clock that advances only by sleeps and by `pass`. */
function stillClock() {
  let time = 0;
  return {
    now: () => time,
    random: () => 0,
    async sleep(milliseconds: number) {
      time += milliseconds;
    },
    pass(milliseconds: number) {
      time += milliseconds;
    },
  };
}

async function* chunks(...sizes: number[]) {
  for (const size of sizes) yield Buffer.alloc(size);
}

test('adapts the size of pieces to the link, and counts every byte', async () => {
  const clock = stillClock();
  const guard = stallGuard(0, () => {});
  let sent = 0;
  const onSent = (bytes: number) => {
    sent += bytes;
  };
  const body = chunks(...Array.from({ length: 12 }, () => 512 * 1024), 5);
  const sizes: number[] = [];
  for await (const piece of outflow(body, { guard, now: clock.now, answerMs: 0, onSent })) {
    sizes.push(piece.length / 1024);
    // The link is fast for 4 MiB, then slow.
    clock.pass(sent < 4 * 1024 * 1024 ? 1 : 500);
  }
  assert.deepEqual(sizes.slice(0, 5), [64, 128, 256, 64, 512]);
  assert.equal(sizes.at(-2), 64);
  assert.equal(sent, 12 * 512 * 1024 + 5);
});

test('applies the rate limit to all bodies together', async () => {
  const clock = stillClock();
  const limit = createRateLimit(1_000_000, clock, new AbortController().signal);
  assert.equal(limit.pieceBytes, 250_000);
  for (let taken = 0; taken < 5_000_000; taken += 250_000) await limit.take(250_000);
  // The first piece is sent at once. Each later one waits for those before it.
  assert.equal(clock.now(), 4750);
});

test('computes the rate of the last seconds, without bytes already stored', () => {
  const clock = stillClock();
  const context = testContext();
  const meter = new TransferMeter(context.ui, clock.now);
  meter.expect({ files: 1, bytes: 30_000 });
  const file = meter.begin('f', 30_000);
  file.found(10_000);
  for (let second = 0; second < 10; second += 1) {
    clock.pass(1000);
    file.moved(1000);
  }
  const event = context.events.findLast((one) => one.type === 'transfer');
  assert.equal(event?.bytes, 20_000);
  assert.equal(event?.totalBytes, 30_000);
  assert.equal(event?.rate, 1000);
  assert.deepEqual(event?.active, [{ name: 'f', size: 30_000, bytes: 20_000 }]);
  file.moved(-1000);
  file.end();
  meter.close();
  const last = context.events.findLast((one) => one.type === 'transfer');
  assert.equal(last?.bytes, 19_000);
  assert.equal(last?.filesDone, 1);
});

test('parses sizes in the usual notation', () => {
  assert.equal(parseSize('16M', '--x'), 16 * 1024 ** 2);
  assert.equal(parseSize('1.5GiB', '--x'), 1.5 * 1024 ** 3);
  assert.equal(parseSize('64kb', '--x'), 65_536);
  assert.equal(parseSize('65536', '--x'), 65_536);
  for (const typed of ['', '0', 'M', '-1M', '1X', '1e9', 'Infinity']) {
    assert.throws(() => parseSize(typed, '--part-size'), withCode('usage', /--part-size/), typed);
  }
});
