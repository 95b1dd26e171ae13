import { randomInt } from 'node:crypto';
import { invalidPassword } from './errors.ts';
import type { PasswordPolicy } from './resources/pool-properties.ts';

/** Cognito's special characters; a space counts too, except at either end. */
const SYMBOLS = '^$*.[]{}()?"!@#%&/\\,><\':;|_~`=+-';
const MAX_LENGTH = 256;

const hasSymbol = (password: string) =>
  [...password].some((character) => SYMBOLS.includes(character)) || /^\S.* .*\S$/s.test(password);

/**
 * Throws InvalidPasswordException for the first rule that a password breaks,
 * https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html
 */
export function checkPassword(policy: PasswordPolicy, password: string): void {
  const length = [...password].length;
  const broken =
    length < policy.MinimumLength
      ? 'Password not long enough'
      : length > MAX_LENGTH
        ? 'Password too long'
        : policy.RequireUppercase && !/\p{Lu}/u.test(password)
          ? 'Password must have uppercase characters'
          : policy.RequireLowercase && !/\p{Ll}/u.test(password)
            ? 'Password must have lowercase characters'
            : policy.RequireNumbers && !/\d/.test(password)
              ? 'Password must have numeric characters'
              : policy.RequireSymbols && !hasSymbol(password)
                ? 'Password must have symbol characters'
                : undefined;
  if (broken) throw invalidPassword(`Password did not conform with policy: ${broken}`);
}

const KINDS = ['ABCDEFGHJKLMNPQRSTUVWXYZ', 'abcdefghijkmnopqrstuvwxyz', '23456789', '!@#%*_-+=?'];

const pick = (letters: string) => letters.charAt(randomInt(letters.length));

/** A temporary password that meets any policy: all four kinds of characters, at least 12 of them. */
export function generatePassword(policy: PasswordPolicy): string {
  const letters = KINDS.map(pick);
  while (letters.length < Math.max(12, policy.MinimumLength)) letters.push(pick(KINDS.join('')));
  for (let last = letters.length - 1; last > 0; last -= 1) {
    const other = randomInt(last + 1);
    [letters[last], letters[other]] = [letters[other] ?? '', letters[last] ?? ''];
  }
  return letters.join('');
}
