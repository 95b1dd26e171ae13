import type { TrustedIssuer } from '../../infra/options.ts';
import { omitUndefined } from '../../protocol/omit-undefined.ts';
import type { Rule } from '../../protocol/upload-rule.ts';
import { UserError } from '../errors.ts';
import { parseSize } from '../transfer/sizes.ts';
import { parseClaimName } from './claim-name.ts';
import { mergeConditions, parseConditions } from './conditions.ts';
import type { DiscoveredIssuer } from './discovery.ts';
import { PRESETS } from './presets.ts';
import { requirePrefix } from './safety.ts';
import { isUuid, type Wish } from './wish.ts';

/** Flags that every `trust <provider>` takes, as typed. */
export interface IssuerFlags {
  readonly alias?: string;
  readonly audience?: readonly string[];
  readonly clientId?: string;
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
  throw new UserError('usage', `Invalid value “${typed}” for --token. It takes access or id.`);
}

function claimOf(typed: string, flag: string): readonly string[] {
  const claim = parseClaimName(typed);
  if (claim !== undefined) return claim;
  throw new UserError('usage', `Invalid value “${typed}” for ${flag}. It takes the name of a claim.`, {
    hint: 'Write a claim inside another one as a path: /realm_access/roles',
  });
}

/** Returns the rule that a command line asks for. */
function makeRule({ preset, when, note }: Wish, flags: IssuerFlags): Rule {
  const { maxSize, clobber, shared, writeTo = PRESETS[preset].writeTo } = flags;
  const conditions = mergeConditions([...when, ...parseConditions(flags.when ?? [])]);
  return {
    ...(conditions.length === 0 ? {} : { when: conditions }),
    writeTo,
    ...(maxSize === undefined ? {} : { maxSize: parseSize(maxSize, '--max-size') }),
    ...(clobber === false ? { noClobber: true } : {}),
    ...(shared ? { shared: true } : {}),
    ...omitUndefined({ note }),
  };
}

/** Tokens of Entra name the API by its client id or, those of version 1, by its address. */
function entraAudiences(audiences: readonly string[]): readonly string[] {
  return audiences.flatMap((one) => (isUuid(one) ? [one, `api://${one}`] : [one]));
}

/** Returns the audiences; `undefined`: the edge's own address. */
function audiencesOf(
  { preset }: Wish,
  { audience, clientId }: IssuerFlags,
  token: 'access' | 'id',
): readonly string[] | undefined {
  const { kind, title } = PRESETS[preset];
  if (kind === 'workload') return audience;
  const given = audience ?? (token === 'id' || preset === 'entra' ? clientId && [clientId] : undefined);
  if (given !== undefined && given !== '')
    return preset === 'entra' && token === 'access' ? entraAudiences(given) : given;
  if (token === 'access' && preset !== 'entra') return undefined;
  throw new UserError('usage', `Tokens of ${title} are for a client: --client-id or --audience is needed.`, {
    hint: `It is the id of the application that you register with ${title}, such as --client-id 00001111-aaaa-2222-bbbb-3333cccc4444`,
  });
}

/** Returns the scopes that `login` asks for. Scopes that the issuer says it does not know are left out. */
function scopesOf(
  { preset }: Wish,
  token: 'access' | 'id',
  audiences: readonly string[] | undefined,
  { scopesSupported }: DiscoveredIssuer,
): readonly string[] | undefined {
  const { scopes } = PRESETS[preset];
  const [audience] = audiences ?? [];
  return scopes
    ?.filter((scope) => !scope.includes('{audience}') || (token === 'access' && audience !== undefined))
    .filter(
      (scope) =>
        scope !== 'offline_access' || scopesSupported === undefined || scopesSupported.includes(scope),
    )
    .map((scope) => scope.replace('{audience}', audience ?? ''));
}

/**
 * Returns the issuer with the rule that a command line asks for.
 * @throws {UserError} `usage`
 */
export function makeIssuer(wish: Wish, flags: IssuerFlags, discovered: DiscoveredIssuer): TrustedIssuer {
  for (const [flag, value] of [
    ...(flags.audience ?? []).map((one) => ['--audience', one] as const),
    ['--client-id', flags.clientId] as const,
  ]) {
    if (value === '') throw new UserError('usage', `Invalid value “” for ${flag}.`);
  }
  const { preset, iss } = wish;
  const { kind, name, groups, maxAge, token: usual } = PRESETS[preset];
  const token = flags.token === undefined ? (wish.token ?? usual) : tokenKind(flags.token);
  const audiences = audiencesOf(wish, flags, token);
  const scopes = scopesOf(wish, token, audiences, discovered);
  const groupsClaim = flags.groups === undefined ? groups : claimOf(flags.groups, '--groups');
  const rule = makeRule(wish, flags);
  requirePrefix(rule.writeTo ?? '', omitUndefined({ groups: groupsClaim }));
  return {
    alias: flags.alias ?? preset,
    kind,
    preset,
    iss,
    jwksUri: discovered.jwksUri,
    token,
    ...omitUndefined({ audiences, clientId: flags.clientId, scopes, groups: groupsClaim }),
    name: flags.name === undefined ? name : claimOf(flags.name, '--name'),
    maxAge,
    rules: [rule],
  };
}
