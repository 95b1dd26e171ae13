import type { JsonValue } from '../../context.ts';
import { loginCommand } from '../../identity/sign-in/username.ts';
import type { PoolRules } from '../../identity/users/administered-pool.ts';
import type { LocalCloud } from '../../settings/deployments.ts';
import { shellWord } from '../../ui/shell-word.ts';

const DAY_MS = 86_400_000;

interface Invitation {
  readonly url: string | undefined;
  readonly username: string;
  readonly temporaryPassword: string;
  /** When the password was set. */
  readonly now: Date;
  readonly rules: PoolRules;
  /** Set where the edge is in an embedded cloud. */
  readonly local?: LocalCloud;
}

const NO_EDGE = 'the edge is not deployed yet';

/** What an operator hands over: all that a person needs who has nothing but the command line. */
export function invitation({ url, username, temporaryPassword, now, rules, local }: Invitation): {
  readonly document: { [name: string]: JsonValue | undefined };
  readonly lines: readonly string[];
} {
  const expires = new Date(now.getTime() + rules.temporaryDays * DAY_MS).toISOString();
  const command = url === undefined ? undefined : loginCommand(url, username);
  return {
    document: {
      url,
      temporaryPassword,
      expiresAt: expires,
      command,
      ...(local && { environment: environmentFor(local) }),
    },
    lines: [
      'Send this by a way that only they can read:',
      '',
      `  address              ${url ?? NO_EDGE}`,
      `  user name            ${username}`,
      `  temporary password   ${temporaryPassword}`,
      `  good until           ${expires.slice(0, 16).replace('T', ' ')} UTC, for one sign-in`,
      ...(local === undefined ? [] : embeddedLines(local)),
      ...(command === undefined ? [] : ['', ...steps(command)]),
    ],
  };
}

/** The variables with which an uploader who did not deploy reaches an embedded edge and its user pool. */
function environmentFor({ endpoint, caFile }: LocalCloud) {
  return { AWS_ENDPOINT_URL: endpoint, NODE_EXTRA_CA_CERTS: caFile };
}

function embeddedLines(local: LocalCloud): readonly string[] {
  return [
    '',
    'This edge is in an embedded cloud, which only this computer reaches. In another home folder they first type:',
    ...Object.entries(environmentFor(local)).map(([name, value]) => `  export ${name}=${shellWord(value)}`),
  ];
}

/** What a person does who has nothing but Node.js. */
function steps(command: string): readonly string[] {
  return [
    '  1. Install (needs Node.js 20.18.1 or later):',
    '     npm install --global edge-upload',
    '  2. Sign in, and choose a password:',
    `     ${command}`,
    '  3. Upload:',
    '     edge-upload put <file>',
  ];
}

/** The same where Cognito sends the password, and knows nothing of the edge. */
export function sentInvitation(
  url: string | undefined,
  username: string,
  local?: LocalCloud,
): readonly string[] {
  if (url === undefined) return [`The e-mail does not say where to sign in, and ${NO_EDGE}.`];
  return [
    ...(local === undefined ? [] : [...embeddedLines(local), '']),
    'The e-mail does not say where to sign in. Send them this:',
    '',
    ...steps(loginCommand(url, username)),
  ];
}
