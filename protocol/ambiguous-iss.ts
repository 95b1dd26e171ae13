/** An issuer, as far as the edge tells it from others of one provider. */
export interface AudiencedIssuer {
  readonly iss: readonly string[];
  /** Absent: the edge's own origins. */
  readonly audiences?: readonly string[];
}

/** Every distribution has such an origin. Before the first deployment it is not known which. */
const DISTRIBUTION = /^https:\/\/\w+\.cloudfront\.net$/;

/** Whether a token can be for an audience of both. */
function shareAudience(one: AudiencedIssuer, other: AudiencedIssuer, origins: readonly string[]): boolean {
  const isOrigin = (audience: string) => origins.includes(audience) || DISTRIBUTION.test(audience);
  if (one.audiences === undefined) return other.audiences?.some(isOrigin) ?? true;
  const { audiences } = one;
  return other.audiences?.some((audience) => audiences.includes(audience)) ?? audiences.some(isOrigin);
}

/**
 * Returns an `iss` that two issuers have in common, unless their audiences tell their tokens apart; `undefined` if the edge
 * can tell them apart. One provider can serve people and jobs, for whom different rules apply.
 * @param origins Known origins of the edge.
 */
export function ambiguousIss(
  one: AudiencedIssuer,
  other: AudiencedIssuer,
  origins: readonly string[] = [],
): string | undefined {
  return shareAudience(one, other, origins) ? one.iss.find((iss) => other.iss.includes(iss)) : undefined;
}
