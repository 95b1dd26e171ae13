import { claimTexts, readClaim } from '../protocol/claims.ts';
import { omitUndefined } from '../protocol/fields.ts';
import { IDP_ALIAS } from '../protocol/issuer.ts';
import { placeholdersOf } from '../protocol/prefix-rule.ts';
import { MANAGED_LOGIN } from '../protocol/sign-in.ts';
import type { EdgeConfig, EdgeIssuer, PageSettings, UploadPolicy } from './config.ts';
import { permissionOf } from './permission.ts';
import { fitting } from './response.ts';
import type { Caller } from './token/claims.ts';

/** The document at `/.well-known/edge-upload`. It tells clients how to sign in and upload. */
export interface EdgeDescription {
  readonly service: 'edge-upload';
  /** Version of this format. Clients ignore unknown fields. */
  readonly version: 2;
  /** Region of the user pool. `region`, `userPoolId` and `clientId` are absent without a pool. */
  readonly region?: string;
  readonly userPoolId?: string;
  readonly clientId?: string;
  /** Endpoint of the pool's API in an embedded cloud. Only the upload page uses it. */
  readonly userPoolEndpoint?: string;
  /** Policy of the pool's users. */
  readonly policy: UploadPolicy;
  /** Issuers whose tokens the edge accepts. */
  readonly issuers: readonly DescribedIssuer[];
  /** Settings of the upload page. Absent without one. */
  readonly page?: PageSettings;
  readonly caller?: DescribedCaller;
}

interface DescribedIssuer {
  readonly alias: string;
  readonly kind: Exclude<EdgeIssuer['kind'], 'edge'>;
  /** The first accepted value of `iss`. */
  readonly issuer: string;
  readonly token: EdgeIssuer['token'];
  readonly clientId?: string;
  /** Public secret of a Google desktop client. */
  readonly clientSecretPublic?: string;
  readonly scopes?: readonly string[];
  /** The issuer's own audience. Absent if tokens are for the edge's origin. Clients never request CI tokens for it. */
  readonly audience?: string;
  readonly preset?: string;
  /**
   * Origin of the pool's managed login, which issues tokens to the upload page. Absent: the page does not offer this
   * sign-in.
   */
  readonly tokenOrigin?: string;
}

interface DescribedCaller {
  readonly username: string;
  readonly sub: string;
  /** The issuer's alias. */
  readonly issuer: string;
  readonly groups: readonly string[];
  /** Claims that the issuer's rules use, as text. Names of nested claims are joined with dots. */
  readonly claims?: Readonly<Record<string, string>>;
  /** Prefixes of the keys that the caller can write. An empty string allows any key, an empty list none. */
  readonly writeTo: readonly string[];
  /** The only key that a link or key allows. `writeTo` contains it too. */
  readonly key?: string;
  /** Largest object in bytes. */
  readonly maxSize?: number;
  /** Whether existing objects are never replaced. */
  readonly noClobber?: boolean;
  /** The operator's note for the user of a link. */
  readonly note?: string;
  /** How many groups and prefixes a long response omits. Absent if it omits none. */
  readonly omitted?: { readonly groups: number; readonly writeTo: number };
  /** RFC 3339, UTC. */
  readonly tokenExpiresAt: string;
}

/** Maximum bytes of JSON for `groups`, and for `writeTo`. The other fields fit into the rest of a response. */
const LIST_BYTES = 12_000;

/** Maximum bytes of JSON for `claims`. */
const CLAIMS_BYTES = 4_000;

export function describeEdge(
  { issuers, policy, page, idp, managedLogin }: EdgeConfig,
  caller?: Caller,
): EdgeDescription {
  const pool = issuers.find(({ kind }) => kind === 'pool');
  return {
    service: 'edge-upload',
    version: 2,
    ...(pool && describePool(pool)),
    policy: { ...policy, ...(pool && poolPolicy(pool)) },
    issuers: [
      ...issuers.flatMap(describeIssuer),
      ...(idp && pool ? [describeManagedLogin(pool, managedLogin)] : []),
    ],
    ...omitUndefined({ page }),
    ...(caller && { caller: describeCaller(policy, caller) }),
  };
}

function describePool({ iss: [issuer = ''], clientId, tokenOrigin: userPoolEndpoint }: EdgeIssuer) {
  const userPoolId = issuer.slice(issuer.lastIndexOf('/') + 1);
  const region = userPoolId.split('_')[0] ?? '';
  return { region, userPoolId, ...omitUndefined({ clientId, userPoolEndpoint }) };
}

/**
 * Describes the pool's managed login, which redirects to the identity provider. It issues the pool's tokens, which name
 * a client and no audience.
 */
function describeManagedLogin(
  { iss: [issuer = ''], clientId = '', token }: EdgeIssuer,
  tokenOrigin: string | undefined,
): DescribedIssuer {
  const { preset } = MANAGED_LOGIN;
  return {
    alias: IDP_ALIAS,
    kind: 'people',
    issuer,
    token,
    clientId,
    scopes: ['openid'],
    audience: clientId,
    preset,
    ...omitUndefined({ tokenOrigin }),
  };
}

/** Returns the `deploy` options that the pool's rule was made from. */
function poolPolicy({ rules: [rule = {}] }: EdgeIssuer): UploadPolicy {
  return omitUndefined({ writeTo: rule.writeTo, allowGroups: rule.when?.[0]?.is });
}

function describeIssuer({
  alias,
  kind,
  iss,
  token,
  clientId,
  clientSecretPublic,
  scopes,
  audiences,
  preset,
}: EdgeIssuer): readonly DescribedIssuer[] {
  // Links and keys need no sign-in.
  if (kind === 'edge') return [];
  const audience = kind === 'pool' ? undefined : audiences?.[0];
  const optional = omitUndefined({ clientId, clientSecretPublic, scopes, audience, preset });
  return [{ alias, kind, issuer: iss[0] ?? '', token, ...optional }];
}

function describeCaller(policy: EdgeConfig['policy'], caller: Caller): DescribedCaller {
  const { issuer, name, sub, tokenExpiresAt, grant } = caller;
  const { prefixes, maxSize, noClobber } = permissionOf(caller, policy);
  const groups = fitting(caller.groups, LIST_BYTES);
  const writeTo = fitting(prefixes, LIST_BYTES);
  const omitted = {
    groups: caller.groups.length - groups.length,
    writeTo: prefixes.length - writeTo.length,
  };
  return {
    username: name,
    sub,
    issuer: issuer.alias,
    groups,
    ...(issuer.kind !== 'pool' && grant === undefined && { claims: namedClaims(caller) }),
    writeTo,
    ...omitUndefined({ key: grant?.isKey ? grant.scope : undefined, maxSize, noClobber, note: grant?.note }),
    ...(omitted.groups + omitted.writeTo === 0 ? {} : { omitted }),
    tokenExpiresAt: tokenExpiresAt.toISOString(),
  };
}

function namedClaims({ issuer, claims }: Caller): Readonly<Record<string, string>> {
  const paths = issuer.rules.flatMap(({ when = [], writeTo = '' }) => [
    ...when.map(({ claim }) => claim),
    ...(placeholdersOf(writeTo) ?? []).map((name) => [name]),
  ]);
  const entries = paths.flatMap((path) => {
    const texts = claimTexts(readClaim(claims, path)).filter((text) => text !== undefined);
    return texts.length === 0 ? [] : [[path.join('.'), texts.join(', ')] as const];
  });
  const room = fitting(entries.map(String), CLAIMS_BYTES).length;
  return Object.fromEntries(entries.slice(0, room));
}
