import type { UploadPolicy } from '../../edge/config.ts';
import { type Fields, isFields, omitUndefined, readFields } from '../../protocol/fields.ts';
import {
  isAlias,
  isClientId,
  isIssuer,
  isRegion,
  isVisible,
  POOL_ALIAS,
  regionOf,
} from '../../protocol/issuer.ts';

/** The fields of the document at `/.well-known/edge-upload` that a client reads. */
export interface EdgeDescription {
  /** Version of the document. Edges of version 1 know the user pool alone. */
  readonly version: 1 | 2;
  /** Region of the user pool; absent without one, as are the two ids. */
  readonly region?: string;
  readonly userPoolId?: string;
  readonly clientId?: string;
  /** Rules for everybody, and for the users of the pool. */
  readonly policy: UploadPolicy;
  /** Issuers whose tokens the edge accepts; the user pool is first. */
  readonly issuers: readonly DescribedIssuer[];
  readonly caller?: Caller;
}

/** The user that the edge reads from the token, and what they have permission to write. */
export interface Caller {
  readonly username: string;
  readonly sub: string;
  /** Alias of the issuer; absent from edges of version 1. */
  readonly issuer?: string;
  readonly groups: readonly string[];
  /** Claims that the rules of the issuer name. */
  readonly claims?: Readonly<Record<string, string>>;
  /** Prefixes of the keys that the caller can write; empty text for every key. */
  readonly writeTo: readonly string[];
  /** The only key that the caller can write, under a link or key for it. */
  readonly key?: string;
  /** The operator's note on a link. */
  readonly note?: string;
  /** Largest object in bytes, of this caller's rule. */
  readonly maxSize?: number;
  /** True if the caller cannot overwrite objects. */
  readonly noClobber?: boolean;
  /** Number of further groups and prefixes that the response omits. */
  readonly omitted?: { readonly groups: number; readonly writeTo: number };
  /** RFC 3339, UTC. */
  readonly tokenExpiresAt: string;
}

function isStringList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0;

function readPolicy(value: unknown): UploadPolicy | undefined {
  if (!isFields(value)) return undefined;
  const { maxSize, writeTo, allowGroups, corsOrigins } = value;
  if (maxSize !== undefined && !isSize(maxSize)) return undefined;
  if (writeTo !== undefined && typeof writeTo !== 'string') return undefined;
  if (allowGroups !== undefined && !isStringList(allowGroups)) return undefined;
  if (corsOrigins !== undefined && !isStringList(corsOrigins)) return undefined;
  return omitUndefined({ maxSize, writeTo, allowGroups, corsOrigins });
}

function readOmitted(value: unknown): Caller['omitted'] {
  if (!isFields(value)) return undefined;
  const { groups, writeTo } = value;
  const isCount = (amount: unknown): amount is number => Number.isSafeInteger(amount) && Number(amount) >= 0;
  return isCount(groups) && isCount(writeTo) ? { groups, writeTo } : undefined;
}

function isClaims(value: unknown): value is Readonly<Record<string, string>> {
  return isFields(value) && Object.values(value).every((claim) => typeof claim === 'string');
}

function readCaller(value: unknown): Caller | undefined {
  if (!isFields(value)) return undefined;
  const { username, sub, groups, writeTo, tokenExpiresAt } = value;
  const omitted = readOmitted(value.omitted);
  const isText = (field: unknown): field is string => typeof field === 'string';
  if (!isText(username) || !isText(sub) || !isStringList(groups) || !isText(tokenExpiresAt)) return undefined;
  if (!isStringList(writeTo)) return undefined;
  if (Number.isNaN(Date.parse(tokenExpiresAt))) return undefined;
  if (value.omitted !== undefined && omitted === undefined) return undefined;
  const { issuer, claims, key, note, maxSize, noClobber } = value;
  if (issuer !== undefined && !isAlias(issuer)) return undefined;
  if (claims !== undefined && !isClaims(claims)) return undefined;
  if ([key, note].some((field) => field !== undefined && !isText(field))) return undefined;
  if (maxSize !== undefined && !isSize(maxSize)) return undefined;
  if (noClobber !== undefined && typeof noClobber !== 'boolean') return undefined;
  const texts = { key: key as string | undefined, note: note as string | undefined };
  const more = omitUndefined({ issuer, claims, ...texts, maxSize, noClobber, omitted });
  return { username, sub, groups, writeTo, tokenExpiresAt, ...more };
}

type PoolFields = Pick<EdgeDescription, 'region' | 'userPoolId' | 'clientId'>;

/** Reads the fields of the user pool: all of them, or none. Returns `undefined` if they are invalid. */
function readPool({ region, userPoolId, clientId }: Fields): PoolFields | undefined {
  if (region === undefined && userPoolId === undefined && clientId === undefined) return {};
  const sound =
    isRegion(region) &&
    typeof userPoolId === 'string' &&
    regionOf(userPoolId) === region &&
    isClientId(clientId);
  return sound ? { region, userPoolId, clientId } : undefined;
}

/** Returns the user pool as an issuer, which documents of version 1 do not list. */
function poolIssuer({ region, userPoolId, clientId }: PoolFields): readonly DescribedIssuer[] {
  if (clientId === undefined) return [];
  const issuer = `https://cognito-idp.${region}.amazonaws.com/${userPoolId}`;
  return [{ alias: POOL_ALIAS, kind: 'pool', issuer, clientId, token: 'access' }];
}

/** Parses a description. Returns `undefined` if it is invalid; drops fields that this version does not know. */
export function readDescription(text: string): EdgeDescription | undefined {
  const document = readFields(text);
  if (document?.service !== 'edge-upload') return undefined;
  const version = document.version === 2 ? 2 : 1;
  const pool = readPool(document);
  const policy = readPolicy(document.policy);
  if (pool === undefined || policy === undefined) return undefined;
  if (version === 1 && pool.userPoolId === undefined) return undefined;
  const issuers = version === 1 ? poolIssuer(pool) : readIssuers(document.issuers);
  if (issuers === undefined) return undefined;
  // Sign-in uses the fields of the pool: an issuer that shows another pool would hide where it goes.
  const [own] = poolIssuer(pool);
  const isOwn = ({ alias, issuer, clientId }: DescribedIssuer) =>
    alias === own?.alias && issuer === own.issuer && clientId === own.clientId;
  if (issuers.some((one) => one.kind === 'pool' && !isOwn(one))) return undefined;
  const edge = { version, ...pool, policy, issuers } as const;
  if (document.caller === undefined) return edge;
  const caller = readCaller(document.caller);
  return caller === undefined ? undefined : { ...edge, caller };
}

const KINDS = ['pool', 'people', 'workload'] as const;

/** Issuer of tokens that an edge accepts, as its description names it. */
export interface DescribedIssuer {
  /** Name that the operator chose; `cognito` for the user pool. */
  readonly alias: string;
  /** `pool`: SRP in the user pool. `people`: sign-in by OpenID Connect. `workload`: a CI or a cloud service. */
  readonly kind: (typeof KINDS)[number];
  /** Value of `iss`, which discovery must repeat exactly. */
  readonly issuer: string;
  /** Client of this program at the issuer. Without one, `login` does not offer it: its tokens come from elsewhere. */
  readonly clientId?: string;
  /** Secret of a desktop client of Google, which is public; see edge/config.ts. */
  readonly clientSecretPublic?: string;
  /** Scopes to request. */
  readonly scopes?: readonly string[];
  /** Token that is sent to the edge. */
  readonly token: 'access' | 'id';
  /** Audience that the edge requires; absent for the edge's own origin. A token is never requested for it unasked. */
  readonly audience?: string;
  /** Provider, such as `okta`. Decides the ports of the redirect. */
  readonly preset?: string;
}

/** More issuers than a function's code has room for. */
const MAX_ISSUERS = 200;
const MAX_SCOPES = 20;

/** https://www.rfc-editor.org/rfc/rfc6749#appendix-A.4 */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,255}$/;

const isScope = (value: unknown) => typeof value === 'string' && SCOPE.test(value);

const isScopes = (value: unknown) =>
  Array.isArray(value) && value.length <= MAX_SCOPES && value.every(isScope);

type Form = (value: unknown) => boolean;
type Member = Exclude<keyof DescribedIssuer, 'kind'>;

/** The members that every issuer has, and their forms. */
const REQUIRED: Readonly<Record<'alias' | 'issuer' | 'token', Form>> = {
  alias: isAlias,
  issuer: isIssuer,
  token: (value) => value === 'access' || value === 'id',
};

/** The members that an issuer can have, and their forms. */
const OPTIONAL: Readonly<Record<Exclude<Member, keyof typeof REQUIRED>, Form>> = {
  clientId: isVisible,
  clientSecretPublic: isVisible,
  scopes: isScopes,
  audience: isVisible,
  preset: isAlias,
};

/** Returns the first member of an issuer that this program does not read; `undefined` if it reads all. */
export function unreadableMember(issuer: Fields): Member | undefined {
  const forms = Object.entries({ ...REQUIRED, ...OPTIONAL }) as [Member, Form][];
  const wrong = forms.find(([name, hasForm]) => {
    const isOmitted = name in OPTIONAL && issuer[name] === undefined;
    return !isOmitted && !hasForm(issuer[name]);
  });
  return wrong?.[0];
}

/** Reads one issuer. Returns `undefined` for an invalid one, and `unknown` for a kind of later versions. */
function readIssuer(value: unknown): DescribedIssuer | 'unknown' | undefined {
  if (!isFields(value)) return undefined;
  const { alias, issuer, clientId, scopes, token, audience, preset } = value;
  // No other provider's clients have a secret that is public.
  const clientSecretPublic = preset === 'google' ? value.clientSecretPublic : undefined;
  const kind = KINDS.find((one) => one === value.kind);
  if (kind === undefined) return typeof value.kind === 'string' ? 'unknown' : undefined;
  const optional = omitUndefined({ clientId, clientSecretPublic, scopes, audience, preset });
  const read = { alias, kind, issuer, token, ...optional };
  return unreadableMember(read) === undefined ? (read as DescribedIssuer) : undefined;
}

/** Reads the list of issuers. Returns `undefined` if one is invalid; skips kinds of later versions. */
export function readIssuers(value: unknown): readonly DescribedIssuer[] | undefined {
  if (!Array.isArray(value) || value.length > MAX_ISSUERS) return undefined;
  const read = value.map(readIssuer).filter((one) => one !== 'unknown');
  const issuers = read.filter((one) => one !== undefined);
  const aliases = new Set(issuers.map(({ alias }) => alias));
  return issuers.length === read.length && aliases.size === issuers.length ? issuers : undefined;
}
