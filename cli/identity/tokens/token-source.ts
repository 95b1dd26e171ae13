import type { Context } from '../../context.ts';
import type { Target } from '../../settings/target.ts';
import { passwordOnly } from '../sign-in/answers.ts';
import { signIn } from '../sign-in/sign-in.ts';
import { openUserPool, poolAddressOf } from '../user-pool.ts';
import type { TokenSource } from './access-token.ts';
import { type FoundWorkload, findWorkload } from './ci/find-workload.ts';
import { workloadTokens } from './ci/workload-tokens.ts';
import { credentialFor, type EnvironmentCredential } from './environment.ts';
import { givenToken, tokenOfFile, tokenOfLink } from './given-tokens.ts';
import { type HeldToken, lifetime, renewingSource } from './renewing-source.ts';
import { storedTokens } from './stored-tokens.ts';

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
    found = { origin, tokens: open(context, target, origin) };
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

function open(context: Context, target: Target, origin: TokenOrigin): TokenSource {
  switch (origin.kind) {
    case 'link':
      return tokenOfLink(origin.token);
    case 'token':
      return givenToken(origin.token);
    case 'file':
      return tokenOfFile(context, origin.path);
    case 'password':
      return passwordTokens(context, target, origin);
    case 'workload':
      return workloadTokens(context, target, origin);
    case 'kept':
      return storedTokens(context, target);
  }
}

/** Returns a source for scripts that keeps tokens in memory and signs in again when they expire. */
function passwordTokens(
  context: Context,
  target: Target,
  { username, password }: { readonly username: string; readonly password: string },
): TokenSource {
  const { now } = context;
  const answers = passwordOnly(password);
  const obtain = async (): Promise<HeldToken> => {
    const pool = await openUserPool(context, await poolAddressOf(context, target));
    try {
      const asked = now();
      const { accessToken, expiresIn } = await signIn({
        pool,
        username,
        place: new URL(target.url).host,
        answers,
        now,
      });
      return { accessToken, ...lifetime(asked, expiresIn) };
    } finally {
      pool.close();
    }
  };
  return renewingSource(obtain, now);
}
