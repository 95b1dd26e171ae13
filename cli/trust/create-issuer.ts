import { isDeepStrictEqual } from 'node:util';
import type { TrustedIssuer } from '../../infra/options.ts';
import { omitUndefined } from '../../protocol/fields.ts';
import type { Rule } from '../../protocol/upload-rule.ts';
import { UserError } from '../errors.ts';
import { parseSize } from '../ui/format.ts';
import { mergeConditions, parseClaimName, parseConditions } from './conditions.ts';
import type { DiscoveredIssuer } from './discovery.ts';
import { PRESETS } from './presets.ts';
import { isUuid, type TrustRequest } from './providers/trust-request.ts';
import { requirePrefix } from './safety.ts';

/** Flags of every `trust <provider>` command, as typed. */
export interface TrustFlags {
  readonly alias?: string;
  readonly audience?: readonly string[];
  readonly clientId?: string;
  /** Secret of a Google desktop client. */
  readonly clientSecretPublic?: string;
  readonly token?: string;
  /** Claim of `{name}`. */
  readonly name?: string;
  /** Claim of `{group}`. */
  readonly groups?: string;
  readonly when?: readonly string[];
  readonly writeTo?: string;
  readonly maxSize?: string;
  /** False with `--no-clobber`. */
  readonly clobber?: boolean;
  readonly shared?: boolean;
}

function tokenKind(typed: string): 'access' | 'id' {
  if (typed === 'access' || typed === 'id') return typed;
  throw new UserError('usage', `Invalid value for --token: “${typed}”. Use access or id.`);
}

function claimOf(typed: string, flag: string): readonly string[] {
  const claim = parseClaimName(typed);
  if (claim !== undefined) return claim;
  throw new UserError('usage', `Invalid value for ${flag}: “${typed}”. Use the name of a claim.`, {
    hint: 'Write a claim inside another one as a path: /realm_access/roles',
  });
}

/** Returns the rule of a command line. */
function makeRule({ preset, when, whole, note }: TrustRequest, flags: TrustFlags): Rule {
  const { maxSize, clobber, shared, writeTo = PRESETS[preset].writeTo } = flags;
  const conditions = mergeConditions([...when, ...parseConditions(flags.when ?? [])]);
  return {
    ...(conditions.length === 0 ? {} : { when: conditions }),
    writeTo,
    ...(maxSize === undefined ? {} : { maxSize: parseSize(maxSize, '--max-size') }),
    ...(clobber === false ? { noClobber: true } : {}),
    ...(shared ? { shared: true } : {}),
    ...whole,
    ...omitUndefined({ note }),
  };
}

/** Returns the audiences of Entra's tokens, which contain the API's client id or, in version 1, its address. */
function entraAudiences(audiences: readonly string[]): readonly string[] {
  return audiences.flatMap((one) => (isUuid(one) ? [one, `api://${one}`] : [one]));
}

type Settings = Pick<TrustedIssuer, 'kind' | 'token'>;

/**
 * Returns the audiences; `undefined` for the edge's own address. Existing audiences that equal the client id change
 * with it.
 */
function audiencesOf(
  { preset }: TrustRequest,
  { audience, clientId }: TrustFlags,
  { kind, token }: Settings,
  previous: TrustedIssuer | undefined,
): readonly string[] | undefined {
  if (kind === 'workload') return audience ?? previous?.audiences;
  const accepted = (all: readonly string[]) =>
    preset === 'entra' && token === 'access' ? entraAudiences(all) : all;
  if (audience !== undefined) return accepted(audience);
  if (previous !== undefined && previous.token === token) {
    const isClient =
      token === 'id' || isDeepStrictEqual(previous.audiences, accepted([previous.clientId ?? '']));
    if (clientId === undefined || !isClient) return previous.audiences;
  }
  if (token === 'access' && preset !== 'entra') return undefined;
  const client = clientId ?? previous?.clientId;
  if (client !== undefined) return accepted([client]);
  const { title } = PRESETS[preset];
  throw new UserError('usage', `Tokens of ${title} are for a client: --client-id or --audience is needed.`, {
    hint: `It is the id of the application that you register with ${title}, such as --client-id 00001111-aaaa-2222-bbbb-3333cccc4444`,
  });
}

type Scoped = Pick<TrustedIssuer, 'token' | 'audiences'>;

/** Returns the preset's scopes, without those that the issuer does not support. */
function usualScopes(
  { preset }: TrustRequest,
  { token, audiences: [audience] = [] }: Scoped,
  { scopesSupported }: DiscoveredIssuer,
): readonly string[] | undefined {
  return PRESETS[preset].scopes
    ?.filter((scope) => !scope.includes('{audience}') || (token === 'access' && audience !== undefined))
    .filter(
      (scope) =>
        scope !== 'offline_access' || scopesSupported === undefined || scopesSupported.includes(scope),
    )
    .map((scope) => scope.replace('{audience}', audience ?? ''));
}

/** Returns the scopes that `login` requests. Existing scopes are kept unless the change requires other ones. */
function scopesOf(
  request: TrustRequest,
  wanted: Scoped,
  discovered: DiscoveredIssuer,
  previous: TrustedIssuer | undefined,
): readonly string[] | undefined {
  const scopes = usualScopes(request, wanted, discovered);
  if (previous === undefined) return scopes;
  return isDeepStrictEqual(usualScopes(request, previous, discovered), scopes) ? previous.scopes : scopes;
}

/** Returns the secret of the existing client; `undefined` for another client. */
function previousSecret({ clientId }: TrustFlags, previous: TrustedIssuer | undefined): string | undefined {
  return clientId === undefined || clientId === previous?.clientId ? previous?.clientSecretPublic : undefined;
}

/** Refuses empty values. */
function requireValues({ audience = [], clientId, clientSecretPublic }: TrustFlags): void {
  for (const [flag, value] of [
    ...audience.map((one) => ['--audience', one] as const),
    ['--client-id', clientId] as const,
    ['--client-secret-public', clientSecretPublic] as const,
  ]) {
    if (value === '') throw new UserError('usage', `Invalid value for ${flag}: “”.`);
  }
}

/**
 * Returns the issuer with the rule of a command line.
 * @param previous The trusted issuer, whose settings are kept unless they were typed.
 * @throws {UserError} `usage`
 */
export function createIssuer(
  request: TrustRequest,
  flags: TrustFlags,
  discovered: DiscoveredIssuer,
  previous?: TrustedIssuer,
): TrustedIssuer {
  requireValues(flags);
  const { preset } = request;
  const usual = PRESETS[preset];
  const { alias, kind, iss, maxAge, ...known } = previous ?? {
    ...usual,
    ...omitUndefined({ token: request.token }),
    alias: flags.alias ?? preset,
    iss: request.iss,
  };
  const token = flags.token === undefined ? known.token : tokenKind(flags.token);
  const audiences = audiencesOf(request, flags, { kind, token }, previous);
  const groups = flags.groups === undefined ? known.groups : claimOf(flags.groups, '--groups');
  const rule = makeRule(request, flags);
  requirePrefix(rule.writeTo ?? '', omitUndefined({ groups }));
  return {
    alias,
    kind,
    preset,
    iss,
    jwksUri: discovered.jwksUri,
    token,
    ...omitUndefined({
      tokenOrigin: kind === 'people' ? discovered.tokenOrigin : undefined,
      audiences,
      clientId: flags.clientId ?? previous?.clientId,
      clientSecretPublic: flags.clientSecretPublic ?? previousSecret(flags, previous),
      scopes: scopesOf(request, { token, ...omitUndefined({ audiences }) }, discovered, previous),
      groups,
    }),
    name: flags.name === undefined ? known.name : claimOf(flags.name, '--name'),
    ...omitUndefined({ maxAge }),
    rules: [rule],
  };
}
