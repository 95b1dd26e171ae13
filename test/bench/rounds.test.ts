import assert from 'node:assert/strict';
import { test } from 'node:test';
import { againstPeers, isReached, median, quantile } from '../../bench/figures.ts';
import { inRounds } from '../../bench/rounds.ts';

test('computes median and quartiles of few values and of an even number', () => {
  assert.equal(median([3]), 3);
  assert.equal(median([9, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(quantile([1, 2, 3, 4, 5], 0.25), 2);
  assert.equal(quantile([1, 2], 0.75), 1.75);
});

test('runs every way once per round, starts with another each time, and compares within rounds', async () => {
  const order: string[] = [];
  const way = (name: string, ...values: number[]) => ({
    async run() {
      order.push(name);
      return { wall: values.shift() ?? Number.NaN };
    },
  });
  // Other load slows both programs in the second round.
  const ways = { a: way('a', 1, 10, 1), b: { ...way('b', 2, 20, 2), peer: true as const } };
  const series = await inRounds(3, ways);
  assert.deepEqual(order, ['a', 'b', 'b', 'a', 'a', 'b']);
  assert.deepEqual(series[1], {
    way: 'b',
    peer: true,
    readings: [{ wall: 2 }, { wall: 20 }, { wall: 2 }],
  });
  const goals = againstPeers(series, 'wall', { b: 0.4, 'not installed': 1 });
  assert.deepEqual(goals, [{ what: 'wall time ÷ b', value: 0.5, unit: 'ratio', atMost: 0.4 }]);
  assert.deepEqual(goals.map(isReached), [false]);
});

test('accepts shrinking memory within a limit of growth', () => {
  const goal = { what: 'growth', unit: 'bytes', atMost: 5 } as const;
  assert.deepEqual(
    [-1, 5, 6].map((value) => isReached({ ...goal, value })),
    [true, true, false],
  );
});
