import type { Context } from '../../context.ts';
import type { Target } from '../../settings/target.ts';
import type { TokenSource } from './access-token.ts';
import { type FoundWorkload, findWorkload } from './ci/find-workload.ts';
import { credentialFor, type EnvironmentCredential } from './environment.ts';
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
