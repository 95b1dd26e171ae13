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
