import { notAuthorized } from './errors.ts';
import type { Failures } from './store/model.ts';

/*
 * https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow-things-to-know.html#authentication-flow-lockout-behavior
 * After n ≥ 5 wrong passwords a user is locked out for 2^(n-5) seconds, about 15 minutes at most. Attempts during a
 * lockout count for nothing; a right password, or 15 quiet minutes, set n back.
 */
const FREE = 5;
const LONGEST_MS = 15 * 60_000;

export const NO_FAILURES: Failures = { count: 0, last: '1970-01-01T00:00:00.000Z' };

/** Throws NotAuthorizedException while a user is locked out. */
export function checkLockout(failures: Failures, now: Date): void {
  if (failures.count < FREE) return;
  const locked = Math.min(2 ** (failures.count - FREE) * 1_000, LONGEST_MS);
  if (now.getTime() < Date.parse(failures.last) + locked) throw notAuthorized('Password attempts exceeded');
}

export function withFailure(failures: Failures, now: Date): Failures {
  const forgotten = now.getTime() - Date.parse(failures.last) >= LONGEST_MS;
  return { count: forgotten ? 1 : failures.count + 1, last: now.toISOString() };
}
