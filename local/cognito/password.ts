import { randomInt } from 'node:crypto';
import { invalidPassword, notAuthorized } from './errors.ts';

/** Cognito's special characters; a space counts too, except at either end. */
const SYMBOLS = '^$*.[]{}()?"!@#%&/\\,><\':;|_~`=+-';
export const MAX_PASSWORD_LENGTH = 256;

/** The pattern of the API's `PasswordType`: at least two characters, no space at either end, no line break. */
export const PASSWORD_PATTERN = /^[\S]+.*[\S]+$/;

const hasSymbol = (password: string) =>
  [...password].some((character) => SYMBOLS.includes(character)) || /^\S.* .*\S$/s.test(password);

/** The rules for passwords of a pool, with Cognito's defaults filled in. */
interface PasswordPolicy {
  readonly MinimumLength: number;
  readonly RequireUppercase: boolean;
  readonly RequireLowercase: boolean;
  readonly RequireNumbers: boolean;
  readonly RequireSymbols: boolean;
}

/**
 * Checks a password against the pool's policy,
 * https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html
 *
 * @throws AwsError `InvalidPasswordException` for the first rule that the password breaks
 */
export function checkPassword(policy: PasswordPolicy, password: string): void {
  const length = [...password].length;
  const rules: readonly [broken: boolean, why: string][] = [
    [length < policy.MinimumLength, 'Password not long enough'],
    [length > MAX_PASSWORD_LENGTH, 'Password too long'],
    [
      !PASSWORD_PATTERN.test(password.slice(0, 2 * MAX_PASSWORD_LENGTH)),
      `Password must satisfy regular expression pattern: ${PASSWORD_PATTERN.source}`,
    ],
    [policy.RequireUppercase && !/\p{Lu}/u.test(password), 'Password must have uppercase characters'],
    [policy.RequireLowercase && !/\p{Ll}/u.test(password), 'Password must have lowercase characters'],
    [policy.RequireNumbers && !/\d/.test(password), 'Password must have numeric characters'],
    [policy.RequireSymbols && !hasSymbol(password), 'Password must have symbol characters'],
  ];
  const first = rules.find(([broken]) => broken);
  if (first) throw invalidPassword(`Password did not conform with policy: ${first[1]}`);
}

const KINDS = ['ABCDEFGHJKLMNPQRSTUVWXYZ', 'abcdefghijkmnopqrstuvwxyz', '23456789', '!@#%*_-+=?'];

const pick = (letters: string) => letters.charAt(randomInt(letters.length));

/** Returns a temporary password that satisfies every policy: at least 12 characters of all four kinds. */
export function generatePassword(policy: PasswordPolicy): string {
  const letters = KINDS.map(pick);
  while (letters.length < Math.max(12, policy.MinimumLength)) letters.push(pick(KINDS.join('')));
  for (let last = letters.length - 1; last > 0; last -= 1) {
    const other = randomInt(last + 1);
    [letters[last], letters[other]] = [letters[other] ?? '', letters[last] ?? ''];
  }
  return letters.join('');
}

/**
 * Wrong passwords since the last sign-in. After n ≥ 5 of them a user is locked out for 2^(n-5) seconds, 15 minutes at
 * most. Attempts during a lockout do not count. A sign-in, or 15 minutes without a wrong password, resets n.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow-things-to-know.html#authentication-flow-lockout-behavior
 */
export interface Failures {
  readonly count: number;
  readonly last: string;
}

const FREE = 5;
const LONGEST_MS = 15 * 60_000;

export const NO_FAILURES: Failures = { count: 0, last: '1970-01-01T00:00:00.000Z' };

/** @throws AwsError `NotAuthorizedException` while a user is locked out */
export function checkLockout(failures: Failures, now: Date): void {
  if (failures.count < FREE) return;
  const locked = Math.min(2 ** (failures.count - FREE) * 1_000, LONGEST_MS);
  if (now.getTime() < Date.parse(failures.last) + locked) throw notAuthorized('Password attempts exceeded');
}

export function withFailure(failures: Failures, now: Date): Failures {
  const forgotten = now.getTime() - Date.parse(failures.last) >= LONGEST_MS;
  return { count: forgotten ? 1 : failures.count + 1, last: now.toISOString() };
}
