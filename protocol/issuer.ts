import { isPlainHost, isSecureOrigin } from './object-url.ts';

/** Alias of the user pool. */
export const POOL_ALIAS = 'cognito';

/** Alias of the identity provider behind the user pool. Cognito puts it in front of its users' names. */
export const IDP_ALIAS = 'idp';

/**
 * Aliases of the deployment's own tokens in prefixes and in `x-amz-meta-uploaded-by`. No trusted issuer can have them.
 */
export const RESERVED_ALIASES: readonly string[] = [POOL_ALIAS, IDP_ALIAS, 'edge', 'link', 'key'];

/** Whether a value is a valid alias: the short name of an issuer, which key prefixes contain. */
export function isAlias(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z][a-z0-9-]{0,31}$/.test(value);
}

/** Visible ASCII, as RFC 6749 allows in a client id: https://www.rfc-editor.org/rfc/rfc6749#appendix-A.1 */
const VISIBLE = /^[\x21-\x7e]{1,255}$/;

/** Returns true for visible ASCII of at most 255 characters, such as a client id. */
export function isVisible(value: unknown): value is string {
  return typeof value === 'string' && VISIBLE.test(value);
}

/**
 * Returns true for the address of an issuer: https without user name, query and fragment, written as it is sent. Plain
 * http only for this computer, where the embedded cloud's tests have providers.
 * https://openid.net/specs/openid-connect-core-1_0.html#IssuerIdentifier
 */
export function isIssuer(value: unknown): value is string {
  if (!isVisible(value) || !URL.canParse(value)) return false;
  const url = new URL(value);
  // A host in another spelling than the one that is sent could look like a different host.
  return (
    isSecureOrigin(url) &&
    isPlainHost(url.hostname) &&
    `${url.origin}${url.pathname === '/' && !value.endsWith('/') ? '' : url.pathname}` === value
  );
}

/*
 * A password proof is sent to `https://cognito-idp.<region>.amazonaws.com` and to no other host. These patterns are
 * AWS's own, from the ids of CreateUserPool and CreateUserPoolClient. A value that matches cannot name another host.
 */
const REGION = /^[a-z]{2}(?:-[a-z]+){1,3}-\d{1,2}$/;
const POOL_ID = /^([a-z]{2}(?:-[a-z]+){1,3}-\d{1,2})_[0-9a-zA-Z]{1,55}$/;
const CLIENT_ID = /^[\w+]{1,128}$/;

export function isRegion(value: unknown): value is string {
  return typeof value === 'string' && REGION.test(value);
}

/** Returns the region in a pool's id; `undefined` for an invalid id. */
export function regionOf(userPoolId: string): string | undefined {
  return POOL_ID.exec(userPoolId)?.[1];
}

export function isClientId(value: unknown): value is string {
  return typeof value === 'string' && CLIENT_ID.test(value);
}

/** Returns true for text that can be sent in a header unchanged. */
export function isTokenText(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value);
}

/** The fields by which the edge distinguishes issuers with the same `iss`. */
export interface AudiencedIssuer {
  readonly iss: readonly string[];
  /** Default: the edge's own origins. */
  readonly audiences?: readonly string[];
}

/** Matches the distribution's origin, which is unknown before the first deploy. */
const DISTRIBUTION = /^https:\/\/\w+\.cloudfront\.net$/;

/** Whether one token can have an audience of both issuers. */
function shareAudience(one: AudiencedIssuer, other: AudiencedIssuer, origins: readonly string[]): boolean {
  const isOrigin = (audience: string) => origins.includes(audience) || DISTRIBUTION.test(audience);
  if (one.audiences === undefined) return other.audiences?.some(isOrigin) ?? true;
  const { audiences } = one;
  return other.audiences?.some((audience) => audiences.includes(audience)) ?? audiences.some(isOrigin);
}

/**
 * Returns an `iss` that two issuers share together with an audience; `undefined` if the edge can distinguish their
 * tokens. One provider can serve people and jobs, for whom different rules apply.
 * @param origins Known origins of the edge.
 */
export function ambiguousIss(
  one: AudiencedIssuer,
  other: AudiencedIssuer,
  origins: readonly string[] = [],
): string | undefined {
  return shareAudience(one, other, origins) ? one.iss.find((iss) => other.iss.includes(iss)) : undefined;
}
