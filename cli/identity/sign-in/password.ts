import { PASSWORD_POLICY } from '../../../infra/password-policy.ts';
import { UserError } from '../../errors.ts';
import { withoutLineEnd } from '../../text.ts';

/**
 * Why a text cannot be a password: Cognito takes none with a blank at its beginning or end.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html
 */
export function blankAround(text: string): string | undefined {
  if (text === text.trim()) return undefined;
  return 'begins or ends with a blank, which no password in Cognito does';
}

/**
 * A password as a file, a pipe or a secret of a CI gives it: without a byte order mark and the line end behind it.
 * @param source where it comes from, as a sentence begins.
 * @throws {UserError} `usage` for blanks around it; nothing is sent then, for a wrong password counts against the user.
 */
export function givenPassword(text: string, source: string): string {
  const password = withoutLineEnd(text.replace(/^\uFEFF/, ''));
  const reason = blankAround(password);
  if (reason === undefined) return password;
  throw new UserError('usage', `${source} ${reason}.`, {
    hint: 'Remove the blank. In a shell, printf %s "$password" adds nothing behind it.',
  });
}

const { minLength } = PASSWORD_POLICY;
const MAX_LENGTH = 256;

/** The symbols that Cognito counts: https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html */
const SYMBOL = /[\^$*.[\]{}()?"!@#%&/\\,><':;|_~`=+\- ]/;

/** The rules of the user pools that `deploy` creates, in lines that fit a terminal. */
export const PASSWORD_RULES = [
  `A password has at least ${minLength} characters, among them an upper-case letter,`,
  'a lower-case letter, a digit and a symbol.',
] as const;

/**
 * What a new password lacks, as a sentence; `undefined`: nothing. The pool has the last word: it also knows the passwords
 * that were used before.
 */
export function passwordDefect(password: string): string | undefined {
  const blank = blankAround(password);
  if (blank !== undefined) return `It ${blank}`;
  const missing = [
    [/\p{Lu}/u, 'an upper-case letter'],
    [/\p{Ll}/u, 'a lower-case letter'],
    [/[0-9]/, 'a digit'],
    [SYMBOL, 'a symbol'],
  ] as const;
  const lacking: string[] = missing.filter(([kind]) => !kind.test(password)).map(([, name]) => name);
  const { length } = password;
  if (length < minLength) lacking.unshift(`${minLength - length} more characters`);
  if (lacking.length > 0) return `It needs ${lacking.join(', ').replace(/, ([^,]*)$/, ' and $1')}`;
  return length > MAX_LENGTH ? `It has more than ${MAX_LENGTH} characters` : undefined;
}
