import { UserError } from '../errors.ts';
import { withoutLineEnd } from '../text.ts';

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
