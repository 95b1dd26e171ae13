import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareResults } from '../../live/compare-results.ts';
import type { Observation, Verdict } from '../../live/probe.ts';
import type { Results } from '../../live/results.ts';

function results(...verdicts: readonly (Observation | string | undefined)[]): Results {
  const named = verdicts.flatMap((one, at): readonly Verdict[] => {
    const verdict = { name: `probe-${at}`, claim: 'A claim.', expected: { status: 200 } };
    if (one === undefined) return [];
    if (typeof one === 'string') return [{ ...verdict, verdict: 'not run', reason: one }];
    return [{ ...verdict, verdict: 'confirmed', seen: one }];
  });
  return { at: '2026-11-29T00:00:00.000Z', target: 'aws', version: '0.1.0', verdicts: named };
}

test('names each kind of difference between two results', () => {
  for (const [there, here, lines] of [
    [{ status: 200 }, { status: 200 }, []],
    [undefined, undefined, []],
    ['not selected', undefined, []],
    ['a fault', 'another fault', []],
    [{ status: 200 }, { status: 403 }, ['probe-0: status is 200 there, 403 here']],
    [{ code: null }, { code: 'BadDigest' }, ['probe-0: code is null there, "BadDigest" here']],
    [{ status: 200 }, { status: '200' }, ['probe-0: status is 200 there, "200" here']],
    [{ a: true, b: 1 }, { a: true }, ['probe-0: b is 1 there, absent here']],
    [{ a: 1 }, { a: 2, b: 3 }, ['probe-0: a is 1 there, 2 here', 'probe-0: b is absent there, 3 here']],
    [{ status: 200 }, undefined, ['probe-0: run only there']],
    [undefined, { status: 200 }, ['probe-0: run only here']],
    [
      { status: 200 },
      'not run here: there is no GuardDuty',
      ['probe-0: run only there; in the other: not run here: there is no GuardDuty'],
    ],
    ['timed out', { status: 200 }, ['probe-0: run only here; in the other: timed out']],
  ] as const) {
    assert.deepEqual(compareResults(results(there), results(here)), lines);
  }
});

test('compares probes by name, in any order', () => {
  const one = results({ a: 1 }, { a: 2 });
  const other = { ...one, verdicts: [...one.verdicts].reverse() };
  assert.deepEqual(compareResults(one, other), []);
});
