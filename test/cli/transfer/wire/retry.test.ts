import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../../cli/errors.ts';
import { retrying, TransientFailure } from '../../../../cli/transfer/wire/retry.ts';
import { RETRY, RetrySchedule, retryAfter } from '../../../../protocol/retry-rules.ts';
import { restlessClock, withCode } from '../helpers/uploading.ts';

const failure = (code: 'gave_up' | 'unreachable' = 'gave_up', details = {}) =>
  new TransientFailure(new UserError(code, 'It failed.'), details);

test('waits at random below a bound that doubles up to a cap', () => {
  const policy = { ...RETRY, tries: 100, windowMs: 10 * 60 * 60_000 };
  const longest = new RetrySchedule(policy, () => 0.999_999_999, 0);
  const waits = Array.from({ length: 60 }, () => Math.round(longest.waitAfter({}, 0) ?? -1));
  assert.deepEqual(
    [1, 2, 3, 7, 8, 60].map((failures) => waits[failures - 1]),
    [500, 1000, 2000, 30_000, 30_000, 30_000],
  );
  assert.equal(new RetrySchedule(policy, () => 0, 0).waitAfter({}, 0), 0);
});

test('reads Retry-After in seconds and as a date, and ignores anything else', () => {
  const now = new Date('2026-11-23T10:00:00Z');
  const waitFor = (header?: string) => retryAfter(header, undefined, now);
  assert.equal(waitFor('120'), 120_000);
  assert.equal(waitFor(' 7 '), 7_000);
  assert.equal(waitFor('Mon, 23 Nov 2026 10:00:30 GMT'), 30_000);
  assert.equal(waitFor('Mon, 23 Nov 2026 09:00:00 GMT'), 0);
  for (const other of ['soon', '', '1.5', '-5', '2027-01-01', 'Mon, 23 Foo 2026 10:00:30 GMT']) {
    assert.equal(waitFor(other), undefined, other);
  }
  assert.equal(waitFor(), undefined);
});

test('compares a date in Retry-After with the date of the response, whatever this computer’s clock says', () => {
  const [sent, until] = ['Mon, 23 Nov 2026 10:00:00 GMT', 'Mon, 23 Nov 2026 10:00:30 GMT'];
  const aDayAhead = new Date('2026-11-24T10:00:00Z');
  assert.equal(retryAfter(until, sent, aDayAhead), 30_000);
  assert.equal(retryAfter(until, 'yesterday', aDayAhead), 0);
});

test('bounds the attempts of each kind of failure', async () => {
  const kinds = ['x', undefined, 'x', undefined];
  let tries = 0;
  const attempt = async () => {
    const kind = kinds[tries++];
    throw failure('gave_up', kind === undefined ? {} : { limit: { kind, tries: 2 } });
  };
  const signal = new AbortController().signal;
  await assert.rejects(
    retrying(attempt, { policy: RETRY, clock: restlessClock(), signal }),
    withCode('gave_up', /given up after 3 attempts/),
  );
});

test('starts no attempt after the window that the first failure opens', async () => {
  const clock = restlessClock(() => 0.999);
  const signal = new AbortController().signal;
  const policy = { tries: 1000, baseMs: 1000, capMs: 1000, windowMs: 10_500 };
  await assert.rejects(
    retrying(() => Promise.reject(failure()), { policy, clock, signal }),
    withCode('gave_up', /given up after 11 attempts/),
  );
});

test('does not retry a defect of the program', async () => {
  const signal = new AbortController().signal;
  const defect = new TypeError('x is not a function');
  await assert.rejects(
    retrying(() => Promise.reject(defect), { policy: RETRY, clock: restlessClock(), signal }),
    (error) => error === defect,
  );
});
