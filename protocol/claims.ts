/** The payload of a token. */
export type Claims = Readonly<Record<string, unknown>>;

/** The path of a claim, outermost name first. A list, because claim names can contain dots, slashes and colons. */
export type ClaimPath = readonly string[];

/**
 * Whether a claim is an e-mail address that the issuer did not verify. It can belong to somebody else. Some issuers
 * send `email_verified` as text.
 * https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims
 */
export function isUnverified({ email_verified }: Claims, path: ClaimPath): boolean {
  return path.length === 1 && path[0] === 'email' && claimText(email_verified) === 'false';
}

/**
 * Returns the value of a claim, or `undefined`. Reads own properties only, so that `constructor` is not a claim. An
 * unverified address counts as absent.
 */
export function readClaim(claims: Claims, path: ClaimPath): unknown {
  if (isUnverified(claims, path)) return undefined;
  let value: unknown = claims;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Claims)[key];
  }
  return value;
}

/**
 * Returns a claim as text for rules and prefixes; `undefined` for objects, lists, and numbers that JSON rounds, because
 * two ids could become one.
 */
export function claimText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'boolean' || Number.isSafeInteger(value) ? String(value) : undefined;
}

/** Returns a claim as text, one text for each member of a list. */
export function claimTexts(value: unknown): readonly (string | undefined)[] {
  return (Array.isArray(value) ? value : [value]).map(claimText);
}
