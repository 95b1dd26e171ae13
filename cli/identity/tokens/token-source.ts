import { omitUndefined } from '../../../protocol/fields.ts';
import type { Context } from '../../context.ts';
import { isUserError, UserError } from '../../errors.ts';
import { type Link, readLink } from '../../links/link-address.ts';
import { currentDeployment, findByName } from '../../settings/deployments.ts';
import { edgeUrl } from '../../settings/edge-url.ts';
import { withLock } from '../../settings/lock.ts';
import type { Target } from '../../settings/target.ts';
import { bareToken } from '../../text.ts';
import { givenPassword } from '../sign-in/password.ts';
import { checkedUsername, loginCommand } from '../sign-in/username.ts';
import { expiryOf, type TokenSource } from './access-token.ts';
import { type FoundWorkload, findWorkload } from './ci/find-workload.ts';
import { isUsable, lifetime, renewingSource, type StoredSession } from './session.ts';
import {
  type FoundSession,
  findStoredSession,
  LOCK_WAIT_MS,
  readLocked,
  replaceSession,
} from './token-store.ts';

/** Credential from environment variables. */
export type EnvironmentCredential =
  | ({ readonly kind: 'link' } & Link)
  | { readonly kind: 'token'; readonly token: string }
  /** `path` is as typed: below the current folder, if it is relative. */
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'password'; readonly username: string; readonly password: string };

/**
 * Reads EDGE_UPLOAD_LINK, then EDGE_UPLOAD_TOKEN, EDGE_UPLOAD_TOKEN_FILE, and EDGE_UPLOAD_USERNAME with
 * EDGE_UPLOAD_PASSWORD.
 */
export function environmentCredential({ env }: Pick<Context, 'env'>): EnvironmentCredential | undefined {
  if (env.EDGE_UPLOAD_LINK) return { kind: 'link', ...readLink(env.EDGE_UPLOAD_LINK, 'EDGE_UPLOAD_LINK') };
  const { EDGE_UPLOAD_TOKEN: token, EDGE_UPLOAD_TOKEN_FILE: path } = env;
  const { EDGE_UPLOAD_USERNAME: username, EDGE_UPLOAD_PASSWORD: password } = env;
  if (token) return { kind: 'token', token: bareToken(token) };
  if (path) return { kind: 'file', path };
  if (!username || !password) return undefined;
  return {
    kind: 'password',
    username: checkedUsername(username, 'EDGE_UPLOAD_USERNAME'),
    password: givenPassword(password, 'EDGE_UPLOAD_PASSWORD'),
  };
}

const VARIABLES = {
  link: 'EDGE_UPLOAD_LINK',
  token: 'EDGE_UPLOAD_TOKEN',
  file: 'EDGE_UPLOAD_TOKEN_FILE',
  password: 'EDGE_UPLOAD_USERNAME and EDGE_UPLOAD_PASSWORD',
} as const satisfies Record<EnvironmentCredential['kind'], string>;

/** Returns the variables of a credential, as they stand in a sentence. */
export function variablesOf({ kind }: EnvironmentCredential): string {
  return VARIABLES[kind];
}

/**
 * Returns the only edge that the environment's credential is sent to: that of EDGE_UPLOAD_URL, otherwise of the
 * deployment that the command or the environment names, otherwise of the current deployment. `undefined` if none.
 */
async function originOfCredential(context: Context): Promise<string | undefined> {
  const { EDGE_UPLOAD_URL: url } = context.env;
  if (url) return edgeUrl(url);
  const { stackName } = context.options;
  const deployment =
    stackName === undefined ? await currentDeployment(context) : await findByName(context, stackName);
  return deployment?.url;
}

/** Returns the environment's credential if it is for this edge. Another edge could misuse it. */
export async function credentialFor(
  context: Context,
  url: string,
): Promise<EnvironmentCredential | undefined> {
  const credential = environmentCredential(context);
  if (credential === undefined) return undefined;
  const origin = credential.kind === 'link' ? credential.url : await originOfCredential(context);
  return origin === edgeUrl(url) ? credential : undefined;
}

/** Origin of a command's token. */
export type TokenOrigin = EnvironmentCredential | FoundWorkload | { readonly kind: 'kept' };

/** Returns a short name of an origin for JSON and debug output: `link`, `token`, `file`, `password`, `github`, `kept` and so on. */
export function originName(origin: TokenOrigin): string {
  return origin.kind === 'workload' ? origin.workload.preset : origin.kind;
}

/** Tokens of a command, and where they are from. */
export interface CommandTokens extends TokenSource {
  origin(): Promise<TokenOrigin>;
}

interface Found {
  readonly origin: TokenOrigin;
  readonly tokens: TokenSource;
}

/**
 * Returns the access tokens for an edge: of the environment's credential, if it is for this edge; else of this job's own
 * identity, if the edge trusts it; else of the stored sign-in. The first use looks the origin up.
 */
export function tokenSource(context: Context, target: Target): CommandTokens {
  let finding: Promise<Found> | undefined;
  let found: Found | undefined;
  const find = async (): Promise<Found> => {
    const { url } = target;
    const given = (await credentialFor(context, url)) ?? (await findWorkload(context, target));
    const origin = given ?? ({ kind: 'kept' } as const);
    context.ui.event({ type: 'debug', text: `origin of the token: ${originName(origin)}` });
    found = { origin, tokens: await open(context, target, origin) };
    return found;
  };
  const once = () => {
    finding ??= find();
    return finding;
  };
  return {
    origin: async () => (await once()).origin,
    current: async () => (await once()).tokens.current(),
    held: () => found?.tokens.held?.(),
    renew: async (rejected, reason) => (await once()).tokens.renew(rejected, reason),
    endsAt: async () => (await once()).tokens.endsAt?.(),
    explain: (error) => found?.tokens.explain?.(error) ?? error,
  };
}

/** Most commands use the stored sign-in; the code for other origins is loaded where it is needed. */
async function open(context: Context, target: Target, origin: TokenOrigin): Promise<TokenSource> {
  switch (origin.kind) {
    case 'link':
      return (await import('./given-tokens.ts')).tokenOfLink(origin.token);
    case 'token':
      return (await import('./given-tokens.ts')).givenToken(origin.token);
    case 'file':
      return (await import('./given-tokens.ts')).tokenOfFile(context, origin.path);
    case 'password':
      return (await import('./password-tokens.ts')).passwordTokens(context, target, origin);
    case 'workload':
      return (await import('./ci/workload-tokens.ts')).workloadTokens(context, target, origin);
    case 'kept':
      return storedTokens(context, target);
  }
}

/** Returns the source of the stored tokens. The first process that finds them about to expire refreshes them. */
function storedTokens(context: Context, target: Target): TokenSource {
  const { url, deployment } = target;
  const { now, signal } = context;
  /** The sign-in that `endsAt` found, for the first token: reading it asks the keyring. */
  let seen: FoundSession | undefined;

  const obtain = async (rejected?: string): Promise<StoredSession> => {
    const found = seen ?? (await findStoredSession(context, target));
    seen = undefined;
    if (found === undefined) throw notSignedIn(url);
    if (isUsable(found.session, now(), rejected)) return found.session;
    const renew = () => renewLocked(found.file, rejected);
    return withLock(found.file, renew, { waitMs: LOCK_WAIT_MS, signal, orWithout: true });
  };

  const renewLocked = async (path: string, rejected?: string): Promise<StoredSession> => {
    // Another process may have refreshed the tokens or signed out during the wait for the lock.
    const found = await readLocked(context, path, url);
    if (found === undefined) throw notSignedIn(url);
    const { session } = found;
    if (isUsable(session, now(), rejected)) return session;
    const { refreshSession } = await import('./refresh-session.ts');
    const asked = now();
    const { accessToken, expiresIn, refreshToken } = await refreshSession(context, session, deployment);
    const renewed = {
      ...session,
      accessToken,
      ...lifetime(asked, expiresIn),
      ...omitUndefined({ refreshToken }),
    };
    await storeRenewed(context, found, renewed);
    return renewed;
  };

  return {
    ...renewingSource(obtain, now),
    async endsAt() {
      seen = await findStoredSession(context, target);
      if (seen === undefined || seen.session.refreshToken !== undefined) return undefined;
      return expiryOf(seen.session.accessToken);
    },
  };
}

/** Stores renewed tokens. If that fails, warns, and the command uses them all the same. */
async function storeRenewed({ ui }: Context, found: FoundSession, renewed: StoredSession): Promise<void> {
  try {
    await replaceSession(found, renewed);
  } catch (error) {
    if (!isUserError(error)) throw error;
    const rotated = renewed.refreshToken !== found.session.refreshToken;
    const consequence = rotated ? ' Afterwards sign in again.' : '';
    const text = `The renewed tokens cannot be stored; only this command uses them. ${error.message}${consequence}`;
    ui.event({ type: 'warning', text });
  }
}

function notSignedIn(url: string): UserError {
  return new UserError('not_signed_in', `Nobody is signed in to ${new URL(url).host}.`, {
    hint: ['Sign in with:', loginCommand(url)],
  });
}
