import { type Fields, isFields, omitUndefined } from '../../protocol/fields.ts';
import { isAlias } from '../../protocol/issuer-alias.ts';
import { isIssuer, isVisible } from './issuer-values.ts';

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

const absentOr = (is: (value: unknown) => boolean) => (value: unknown) => value === undefined || is(value);

/** The members of an issuer, and their forms. */
const FORMS: Readonly<Record<Exclude<keyof DescribedIssuer, 'kind'>, (value: unknown) => boolean>> = {
  alias: isAlias,
  issuer: isIssuer,
  token: (value) => value === 'access' || value === 'id',
  clientId: absentOr(isVisible),
  clientSecretPublic: absentOr(isVisible),
  scopes: absentOr(isScopes),
  audience: absentOr(isVisible),
  preset: absentOr(isAlias),
};

/** Returns the first member of an issuer that this program does not read; `undefined` if it reads all. */
export function unreadableMember(issuer: Fields): keyof typeof FORMS | undefined {
  const names = Object.keys(FORMS) as (keyof typeof FORMS)[];
  return names.find((name) => !FORMS[name](issuer[name]));
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
