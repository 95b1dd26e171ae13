import { type CommandLine, command } from '../../command-line.ts';
import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';

/** Returns why a text is not a user name: Cognito does not allow spaces. */
function whyNot(name: string): string | undefined {
  if (name === '') return 'A user name is needed.';
  if (/[\s\p{Cc}]/u.test(name)) return 'A user name contains no spaces.';
  return name.length > 128 ? 'A user name has 128 characters at most.' : undefined;
}

/**
 * Returns the user name of the flag, otherwise of EDGE_UPLOAD_USERNAME, otherwise of a prompt. Trims spaces.
 * @throws {UserError} `usage` for an invalid user name, which Cognito would only call unknown
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
  throw new UserError('usage', `“${name}” is not a user name. ${reason}`, {
    hint: `Check ${source}.`,
  });
}

/** Returns the command that signs in to the edge. */
export function loginCommand(url: string, ...flags: readonly string[]): CommandLine {
  return command`edge-upload login ${url} ${flags}`;
}
