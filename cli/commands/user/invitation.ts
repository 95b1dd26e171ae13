import { omitUndefined } from '../../../protocol/fields.ts';
import { command as commandLine, InUse } from '../../command-line.ts';
import type { Context } from '../../context.ts';
import { loginCommand } from '../../identity/sign-in/username.ts';
import type { PoolRules } from '../../identity/users/administered-pool.ts';
import type { JsonValue } from '../../json-value.ts';
import type { LocalCloud } from '../../settings/deployments.ts';
import { formatMinute } from '../../ui/format.ts';
import { isPortable } from '../../ui/shell-words.ts';
import type { Text } from '../../ui/shown.ts';
import type { OperatedPool } from './pool.ts';

const DAY_MS = 86_400_000;

/** A user who signs in with a temporary password. */
interface Invited {
  readonly username: string;
  readonly temporaryPassword: string;
  readonly rules: PoolRules;
}

const NO_EDGE = 'the edge is not deployed yet';

/** Returns the text that an operator sends to a new user. It assumes that only Node.js is installed. */
export function invitation(
  context: Pick<Context, 'now' | 'platform'>,
  { url, local }: OperatedPool,
  { username, temporaryPassword, rules }: Invited,
): {
  readonly document: { [name: string]: JsonValue | undefined };
  readonly lines: readonly string[];
  /** A warning to print if the invitation cannot be printed. */
  readonly ifUnprinted: Text;
} {
  const expiresAt = new Date(context.now().getTime() + rules.temporaryDays * DAY_MS).toISOString();
  const command = url && commandText(url, username);
  const environment = local && environmentFor(local);
  return {
    document: {
      invited: false,
      url,
      temporaryPassword,
      expiresAt,
      command,
      ...omitUndefined({ environment }),
    },
    lines: [
      'Send this in a way that nobody else can read:',
      '',
      `  address              ${url ?? NO_EDGE}`,
      `  user name            ${username}`,
      `  temporary password   ${temporaryPassword}`,
      `  valid until          ${formatMinute(expiresAt)} UTC, for one sign-in`,
      ...(local === undefined ? [] : ['', ...embeddedLines(context, local)]),
      ...(command === undefined ? [] : ['', ...steps(command)]),
    ],
    ifUnprinted: [
      `The temporary password of ${username} is set, but was not printed. To set another one:`,
      commandLine`edge-upload user reset ${username}`,
    ],
  };
}

/** Returns the text to send besides Cognito's e-mail, which has the password but not the address of the edge. */
export function sentInvitation(
  context: Pick<Context, 'platform'>,
  { url, local }: OperatedPool,
  username: string,
): readonly string[] {
  if (url === undefined) return [`The e-mail does not name an address to sign in at: ${NO_EDGE}.`];
  return [
    ...(local === undefined ? [] : [...embeddedLines(context, local), '']),
    'The e-mail does not name an address to sign in at. Send them this:',
    '',
    ...steps(commandText(url, username)),
  ];
}

/** Environment variables with which an uploader without the deployment reaches an embedded edge and its user pool. */
function environmentFor({ endpoint, caFile }: LocalCloud) {
  return { AWS_ENDPOINT_URL: endpoint, NODE_EXTRA_CA_CERTS: caFile };
}

function embeddedLines({ platform }: Pick<Context, 'platform'>, local: LocalCloud): readonly string[] {
  const shell = new InUse({}, [], { platform });
  return [
    'This edge is in an embedded cloud, which only this computer reaches. In another home folder, first run:',
    ...Object.entries(environmentFor(local)).map(([name, value]) =>
      shell.line(commandLine`export ${name}=${value}`),
    ),
  ];
}

/**
 * Returns the command for another computer, which has no saved deployment, and whose shell is not known. It asks for a user
 * name that shells would read in different ways.
 */
function commandText(url: string, username: string): string {
  const named = isPortable(username) ? ['--username', username] : [];
  return new InUse({}, [], { platform: 'win32' }).text(loginCommand(url, ...named));
}

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
