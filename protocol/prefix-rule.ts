/** Claims of a caller that a prefix rule may name. */
export type RuleClaim = 'username' | 'sub' | 'group';

const PLACEHOLDER = /^\{(username|sub|group)\}$/;

/** The claim that a segment of a rule stands for; `undefined` for literal text. */
function claimOf(segment: string): RuleClaim | undefined {
  return PLACEHOLDER.exec(segment)?.[1] as RuleClaim | undefined;
}

/**
 * Whether each placeholder of a rule fills a whole segment. Only then does a rule that names the caller map every caller
 * to a prefix of their own: under `{group}-{username}/` both ada of dev-ops and ops-ada of dev would write `dev-ops-ada/`.
 */
export function isPrefixRule(rule: string): boolean {
  return rule.split('/').every((segment) => claimOf(segment) !== undefined || !/[{}]/.test(segment));
}

/** Whether a rule maps each caller to keys that no other caller may write. */
export function isOwnPrefixRule(rule: string): boolean {
  return isPrefixRule(rule) && rule.split('/').some((segment) => /^\{(?:username|sub)\}$/.test(segment));
}

/** Whether the prefix depends on the group that the caller is in. */
export function namesGroup(rule: string): boolean {
  return rule.includes('{group}');
}

/** A claim as one segment of a key: with its slashes encoded, no claim reaches into the prefix of another. */
function asSegment(claim: string): string {
  return claim.replace(/[%/]/g, encodeURIComponent);
}

/**
 * The prefix that a rule gives a caller. One whose last segment is a claim ends with a slash, whether the rule does or not:
 * `home/ada` is the beginning of `home/adam/` too.
 * @param rule One that {@link isPrefixRule}.
 */
export function prefixOf(rule: string, claims: Readonly<Partial<Record<RuleClaim, string>>>): string {
  const segments = rule.split('/');
  const filled = segments.map((segment) => {
    const claim = claimOf(segment);
    return claim === undefined ? segment : asSegment(claims[claim] ?? '');
  });
  return `${filled.join('/')}${claimOf(segments.at(-1) ?? '') === undefined ? '' : '/'}`;
}
