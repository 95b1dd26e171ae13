import { type ClaimPath, type Claims, claimTexts, readClaim } from './claims.ts';

/** A rule that allows callers of one issuer to upload. */
export interface Rule {
  /** Conditions that must all match. Absent: the rule matches every caller. */
  readonly when?: readonly Condition[];
  /** Prefix that keys must have; see `protocol/prefix-rule.ts`. Absent: any key. */
  readonly writeTo?: string;
  /** Largest object in bytes. Default: S3's limits. */
  readonly maxSize?: number;
  /** Whether existing objects are never replaced. */
  readonly noClobber?: boolean;
  /** The operator confirmed that callers of other issuers can write the same keys. */
  readonly shared?: boolean;
  /** The operator confirmed that jobs of all repositories of an owner are accepted (GitHub). */
  readonly anyRepository?: boolean;
  /** The operator confirmed that jobs of all projects of a namespace are accepted (GitLab). */
  readonly anyProject?: boolean;
  /** What the ids in the conditions stand for, such as `acme/app`. Shown to people only. */
  readonly note?: string;
}

/** Matches if the claim, or one member of a list, equals one of the values. */
export interface Condition {
  readonly claim: ClaimPath;
  readonly is: readonly string[];
}

/**
 * Claims with refs and tags, whose values can end with `*`: GitHub, GitLab (`ref_path`), Buildkite, CircleCI. In other
 * claims, `acme*` would also match `acme-evil`.
 */
const REF_CLAIMS: readonly string[] = [
  'ref',
  'ref_path',
  'build_branch',
  'build_tag',
  'oidc.circleci.com/vcs-ref',
];

/** Whether a condition on the claim can have a value that ends with `*`. */
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
