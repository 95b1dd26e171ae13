import { type ClaimPath, type Claims, claimTexts, readClaim } from './claims.ts';

/** Grants uploads to callers of one issuer. */
export interface Rule {
  /** All must match. Absent: the rule matches every caller. */
  readonly when?: readonly Condition[];
  /** Keys must begin with this; see `protocol/prefix-rule.ts`. Absent: any key. */
  readonly writeTo?: string;
  /** Largest object in bytes. Absent: S3's own bounds. */
  readonly maxSize?: number;
  /** Objects that exist are not replaced. */
  readonly noClobber?: boolean;
  /** The operator accepts that callers of other issuers can write the same keys. */
  readonly shared?: boolean;
  /** The operator accepts jobs of every repository of an owner: GitHub. */
  readonly anyRepository?: boolean;
  /** The operator accepts jobs of every project of a namespace: GitLab. */
  readonly anyProject?: boolean;
  /** For people: what the ids among the conditions stand for, such as `acme/app`. */
  readonly note?: string;
}

/** Matches if the claim, or a member of a list, is one of the values. */
export interface Condition {
  readonly claim: ClaimPath;
  readonly is: readonly string[];
}

/**
 * Claims of refs and tags, in which a value can end with `*`: GitHub, GitLab (`ref_path`), Buildkite, CircleCI. In other
 * claims, `acme*` would match `acme-evil` too.
 */
const REF_CLAIMS: readonly string[] = [
  'ref',
  'ref_path',
  'build_branch',
  'build_tag',
  'oidc.circleci.com/vcs-ref',
];

/** Whether a value of a condition on the claim can end with `*`. */
export function allowsWildcard(claim: ClaimPath): boolean {
  return claim.length === 1 && REF_CLAIMS.includes(claim[0] ?? '');
}

/** Whether a token satisfies a condition. */
export function holds({ claim, is }: Condition, claims: Claims): boolean {
  const texts = claimTexts(readClaim(claims, claim));
  const wild = allowsWildcard(claim);
  return is.some((wanted) =>
    wild && wanted.endsWith('*')
      ? texts.some((text) => text?.startsWith(wanted.slice(0, -1)))
      : texts.includes(wanted),
  );
}

/** Returns the first rule that matches a token; `undefined` if none does. */
export function ruleFor(rules: readonly Rule[], claims: Claims): Rule | undefined {
  return rules.find(({ when = [] }) => when.every((condition) => holds(condition, claims)));
}
