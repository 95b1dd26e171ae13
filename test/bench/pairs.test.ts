import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inRounds, median, pairedRatio } from '../../bench/pairs.ts';
import { inSeconds, table } from '../../bench/table.ts';

test('the median of few and of an even number', () => {
  assert.equal(median([3]), 3);
  assert.equal(median([9, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
});

test('every way is done once a round, each round begins with another, and ratios are of one round', async () => {
  const order: string[] = [];
  const way = (name: string, ...values: number[]) => {
    return async () => {
      order.push(name);
      return values.shift() ?? Number.NaN;
    };
  };
  // The second round was disturbed, for both.
  const [ours, theirs] = await inRounds(3, { a: way('a', 1, 10, 1), b: way('b', 2, 20, 2) });
  assert.deepEqual(order, ['a', 'b', 'b', 'a', 'a', 'b']);
  assert.ok(ours !== undefined && theirs !== undefined);
  assert.equal(pairedRatio(ours, theirs), 0.5);
  const lines = table(ours, [theirs], [{ peer: 'b', atMost: 0.4 }], inSeconds).split('\n');
  assert.equal(lines[2], '| a | 1.00 s | 1.00 s … 10.0 s |  |  |  |');
  assert.equal(lines[3], '| b | 2.00 s | 2.00 s … 20.0 s | 0.50 | ≤ 0.4 | **not reached** |');
});
