import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';

/** Why a text is no user name: those of Cognito contain no blanks. */
function whyNot(name: string): string | undefined {
  if (name === '') return 'A user name is needed';
  if (/[\s\p{Cc}]/u.test(name)) return 'A user name contains no blanks';
  return name.length > 128 ? 'A user name has 128 characters at most' : undefined;
}

/**
 * Who it is about: the flag, EDGE_UPLOAD_USERNAME, else the person at the terminal. Blanks around a name are dropped.
 * @throws {UserError} `usage` for what is no user name: Cognito would only say that it is unknown.
 */
export async function knownUsername(
  { env, ui }: Pick<Context, 'env' | 'ui'>,
  flag?: string,
): Promise<string> {
  const given = flag || env.EDGE_UPLOAD_USERNAME;
  if (given) return checkedUsername(given, flag ? '--username' : 'EDGE_UPLOAD_USERNAME');
  const reject = (answer: string) => whyNot(answer.trim());
  return (await ui.ask({ prompt: 'User name', flag: '--username', reject })).trim();
}

/** @param source such as `--username` */
export function checkedUsername(given: string, source: string): string {
  const name = given.trim();
  const reason = whyNot(name);
  if (reason === undefined) return name;
  throw new UserError('usage', `“${name}” is no user name. ${reason}.`, {
    hint: `Check ${source}.`,
  });
}

/** The command that signs in to that edge, ready to be typed. */
export function loginCommand(url: string, username?: string): string {
  const user = username !== undefined && /^[\w.@+-]+$/.test(username) ? ` --username ${username}` : '';
  return `edge-upload login ${url}${user}`;
}
