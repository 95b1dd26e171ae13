import type { JsonValue } from '../../context.ts';
import { loginCommand } from '../../identity/login-command.ts';
import type { PoolRules } from '../../identity/users/rules.ts';

const DAY_MS = 86_400_000;

interface Invitation {
  readonly url: string | undefined;
  readonly username: string;
  readonly temporaryPassword: string;
  /** When the password was set. */
  readonly now: Date;
  readonly rules: PoolRules;
}

const NO_EDGE = 'the edge is not deployed yet';

/** What an operator hands over: all that a person needs who has nothing but the command line. */
export function invitation({ url, username, temporaryPassword, now, rules }: Invitation): {
  readonly document: { [name: string]: JsonValue | undefined };
  readonly lines: readonly string[];
} {
  const expires = new Date(now.getTime() + rules.temporaryDays * DAY_MS).toISOString();
  const command = url === undefined ? undefined : loginCommand(url, username);
  return {
    document: { url, temporaryPassword, expiresAt: expires, command },
    lines: [
      'Hand this over, by a way that only they can read:',
      '',
      `  address              ${url ?? NO_EDGE}`,
      `  user name            ${username}`,
      `  temporary password   ${temporaryPassword}`,
      `  good until           ${expires.slice(0, 16).replace('T', ' ')} UTC, for one sign-in`,
      ...(command === undefined ? [] : ['', 'They type:', `  ${command}`]),
    ],
  };
}

/** The same where Cognito sends the password, and knows nothing of the edge. */
export function sentInvitation(url: string | undefined, username: string): readonly string[] {
  if (url === undefined) return [`The e-mail does not say where to sign in, and ${NO_EDGE}.`];
  return ['The e-mail does not say where to sign in. They type:', `  ${loginCommand(url, username)}`];
}
