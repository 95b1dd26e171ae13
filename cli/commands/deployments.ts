import { POOL_ALIAS } from '../../protocol/issuer.ts';
import { command, type HintLine } from '../command-line.ts';
import type { Context, Result } from '../context.ts';
import { UserError } from '../errors.ts';
import { loginCommand } from '../identity/sign-in/username.ts';
import { forgetTokens } from '../identity/tokens/forget-tokens.ts';
import { type FoundSession, findSessions, type UnreadableFile } from '../identity/tokens/token-store.ts';
import type { JsonValue } from '../json-value.ts';
import {
  currentDeployment,
  type Deployment,
  forgetDeployment,
  listDeployments,
  useDeployment,
} from '../settings/deployments.ts';
import { edgeUrl } from '../settings/edge-url.ts';

/** Lists the saved deployments, and who is signed in to each. */
export async function list(context: Context): Promise<Result> {
  const known = await listDeployments(context);
  const current = await currentDeployment(context);
  const described = await Promise.all(
    known.map(async (deployment) => {
      const signedIn = (await sessionsOf(context, deployment.url)).map(({ session }) => ({
        username: session.username,
        issuer: session.kind === 'oidc' ? session.alias : POOL_ALIAS,
      }));
      return {
        name: deployment.name,
        url: deployment.url,
        current: deployment.name === current?.name,
        local: deployment.local !== undefined,
        operated: deployment.bucket !== undefined,
        users: signedIn.map(({ username }) => username),
        signedIn,
      };
    }),
  );
  const lines = described.flatMap(({ name, url, current, local, signedIn }) => [
    `${current ? '*' : ' '} ${name}${local ? '  (embedded cloud)' : ''}`,
    ...(new URL(url).host === name ? [] : [`    ${url}`]),
    `    ${signedIn.length === 0 ? 'nobody is signed in' : `signed in: ${signedIn.map(whoText).join(', ')}`}`,
  ]);
  return {
    document: { deployments: described as JsonValue[] },
    text:
      lines.length === 0
        ? ['There is no deployment on this computer yet. Sign in to one:', command`edge-upload login <url>`]
        : [...lines, ...(current === undefined ? NONE_CHOSEN : [])],
  };
}

interface SignedInUser {
  readonly username: string;
  /** Alias of the issuer. */
  readonly issuer: string;
}

function whoText({ username, issuer }: SignedInUser): string {
  return issuer === POOL_ALIAS ? username : `${username} (${issuer})`;
}

const NONE_CHOSEN = [
  '',
  'Choose the deployment that commands use:',
  command`edge-upload deployments use <name>`,
];

interface Named {
  /** A name as `list` shows it, or an address. */
  readonly name: string;
}

async function require(context: Context, { name }: Named): Promise<Deployment> {
  const known = await listDeployments(context);
  const found =
    known.find((one) => one.name === name) ??
    known.find(({ url }) => /[.:]/.test(name) && url === edgeUrl(name));
  if (found !== undefined) return found;
  throw new UserError('no_deployment', `There is no deployment “${name}” on this computer.`, {
    hint: ['List the deployments:', command`edge-upload deployments list`],
  });
}

/** Returns who is signed in. Warns of the files that cannot be read; files sealed with one key have the same warning. */
async function sessionsOf(context: Context, url: string): Promise<readonly FoundSession[]> {
  const { sessions, unreadable } = await findSessions(context, url);
  for (const { message, hintLines } of distinct(unreadable)) {
    context.ui.event({ type: 'warning', text: [message, ...hintLines] });
  }
  return sessions;
}

/** Returns the errors without repeated messages. */
function distinct(unreadable: readonly UnreadableFile[]): Iterable<UserError> {
  return new Map(unreadable.map(({ error }) => [error.message, error])).values();
}

/** Chooses the deployment that commands use by default. */
export async function use(context: Context, args: Named): Promise<Result> {
  const { name, url } = await require(context, args);
  await useDeployment(context, name);
  return {
    document: { name, url, current: true },
    text: { mark: 'done', text: `Commands now use ${name}, ${url}` },
  };
}

/** How to use a stack that is no longer recorded. Only a record names the authority of an embedded cloud, for `login`. */
function stackStays(name: string, url: string, isLocal: boolean): readonly HintLine[] {
  if (isLocal) {
    return [
      'The stack is not deleted. To use it again:',
      command`edge-upload deploy --local --stack-name ${name}`,
    ];
  }
  return [
    'The stack is not deleted. To use it again, sign in, or as an operator name it:',
    loginCommand(url),
    command`edge-upload status --stack-name ${name}`,
  ];
}

/** Signs all users out of a deployment on this computer, and deletes its record. The deployment itself is not changed. */
export async function forget(context: Context, args: Named): Promise<Result> {
  const deployment = await require(context, args);
  const { name, url, bucket, local } = deployment;
  const { sessions, unreadable } = await findSessions(context, url);
  if (sessions.length > 0) {
    const { endSession } = await import('../identity/tokens/refresh-session.ts');
    for (const found of sessions) await endSession(context, found, deployment);
  }
  await forgetTokens(context, url);
  // The hints explain how to read the tokens, which are deleted now.
  for (const { message } of distinct(unreadable)) {
    const text = `${message} The tokens are deleted, and their sign-in is not revoked.`;
    context.ui.event({ type: 'warning', text });
  }
  await forgetDeployment(context, name);
  const stays = bucket === undefined ? [] : stackStays(name, url, local !== undefined);
  return {
    document: { name, url, forgotten: true, signedOut: sessions.map(({ session }) => session.username) },
    text: [{ mark: 'done', text: `Forgot ${name}, ${url}` }, ...stays],
  };
}
