import { PASSWORD_POLICY } from '../../../protocol/sign-in.ts';
import { UserError } from '../../errors.ts';
import { withoutLineEnd } from '../../text.ts';
import { count } from '../../ui/format.ts';

/**
 * Returns why a text cannot be a password: Cognito refuses passwords that start or end with a space.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html
 */
export function blankAround(text: string): string | undefined {
  if (text === text.trim()) return undefined;
  return 'begins or ends with a space, which Cognito does not allow in passwords';
}

/**
 * Returns a password from a file, a pipe or a CI secret, without byte order mark and final line end.
 * @param source its source, at the start of a sentence
 * @throws {UserError} `usage` for spaces around it. It is not sent, because Cognito counts wrong passwords.
 */
export function givenPassword(text: string, source: string): string {
  const password = withoutLineEnd(text.replace(/^\uFEFF/, ''));
  const reason = blankAround(password);
  if (reason === undefined) return password;
  throw new UserError('usage', `${source} ${reason}.`, {
    hint: 'Remove the space. In a shell, printf %s "$password" adds nothing after it.',
  });
}

const { minLength } = PASSWORD_POLICY;
const MAX_LENGTH = 256;

/** Characters that Cognito counts as symbols: https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html */
const SYMBOL = /[\^$*.[\]{}()?"!@#%&/\\,><':;|_~`=+\- ]/;

/** Password rules of the user pools that `deploy` creates. */
export const PASSWORD_RULES = `A password has at least ${minLength} characters, among them an upper-case letter, a lower-case letter, a digit and a symbol.`;

/**
 * Returns the rule that a new password breaks, as a sentence, or `undefined`. The pool can still refuse it, for example
 * because it was used before.
 */
export function passwordDefect(password: string): string | undefined {
  const blank = blankAround(password);
  if (blank !== undefined) return `It ${blank}.`;
  const missing = [
    [/\p{Lu}/u, 'an upper-case letter'],
    [/\p{Ll}/u, 'a lower-case letter'],
    [/[0-9]/, 'a digit'],
    [SYMBOL, 'a symbol'],
  ] as const;
  const lacking: string[] = missing.filter(([kind]) => !kind.test(password)).map(([, name]) => name);
  const { length } = password;
  if (length < minLength) lacking.unshift(count(minLength - length, 'more character'));
  if (lacking.length > 0) return `It needs ${lacking.join(', ').replace(/, ([^,]*)$/, ' and $1')}.`;
  return length > MAX_LENGTH ? `It has more than ${MAX_LENGTH} characters.` : undefined;
}
