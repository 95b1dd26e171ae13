import type { KeyChange } from './cognito/keys.ts';
import type { KeySetFault } from './lambda/instances/key-sets.ts';

/**
 * What tests may have the embedded cloud do to its callers. All off by default; never reachable from the network unless
 * the cloud was started with faults enabled.
 */
export interface Faults {
  /** Applied to requests that reach a distribution and were let through by its function. */
  edge?: {
    /** Upload speed of each connection, bytes a second. */
    bytesPerSecond?: number;
    /** Probability, 0 to 1, that a request's connection is reset at a random byte of its body. */
    reset?: number;
    /** Probability that a request's body stops being read for `stallMs` at a random byte. */
    stall?: number;
    stallMs?: number;
    /** Probability that a request is answered 503 (`SlowDown` in S3's XML) instead of being passed on. */
    unavailable?: number;
    /**
     * A web ACL that answers 403 with CloudFront's own "Request blocked" page, before the function: each request, or
     * with `bodyOver` those with a longer body than so many bytes (8,192 are those of AWS's rule SizeRestrictions_BODY)
     * or with one of unknown length.
     */
    webAcl?: { bodyOver?: number };
    /** Response headers policies apply to a function's own responses too, which AWS's pages leave open. */
    policyOnGenerated?: boolean;
    /** Seed of the dice above, so that a failing run can be repeated. */
    seed?: number;
  };
  /** How long after its last association a function stays "replicated", milliseconds. Without it, every function is free. */
  replicasHeldMs?: number;
  /** Logical ids whose resource operations fail with the given reason. One reason alone is for create and update. */
  failingResources?: Record<string, string | FailingResource>;
  /** Each resource operation takes this long, milliseconds. */
  resourceDelayMs?: number;
  /**
   * Calls that are refused as too many in the service's own words, by `<service>:<Operation>` or `<service>:*` for
   * cloudformation, lambda and s3. `s3:DeleteObjects.Key` refuses single keys of a DeleteObjects that succeeds.
   */
  throttling?: Record<string, ThrottlingRule>;
  /**
   * The next so many CompleteMultipartUpload with a condition meet another write of their key: 409
   * ConditionalRequestConflict, for the request and for every later one of the same upload.
   */
  completeConflicts?: number;
  /** While a bucket is emptied someone puts so many objects more, one after each DeleteObjects or ListObjectVersions. */
  lateWriter?: { objects: number };
  /**
   * What happens to a function's requests for a key set, by its exact URL, such as
   * `https://cognito-idp.us-east-1.amazonaws.com/<pool>/.well-known/jwks.json`: no answer, a page instead of JSON, or no
   * connection.
   */
  keySets?: Record<string, KeySetFault>;
  /**
   * The keys of all user pools. `rotated`: new keys sign, and the key set contains them and the old ones. `withdrawn`: the
   * key set contains the new keys only. The new keys last as long as the cloud's process.
   */
  poolKeys?: KeyChange;
  /** Concurrent executions that Lambda's GetAccountSettings reports, such as a new account's 10. Only reported. */
  lambdaConcurrency?: number;
  /**
   * The account's keys stand for a user `operator`, whom IAM denies these actions, such as `cloudformation:DeleteStack` or
   * `s3:Delete*`, in calls of S3, Cognito, CloudFormation, Lambda, Logs and IAM and in its simulation. Without it they
   * stand for the root user, to whom nothing is denied.
   */
  operator?: { denied: readonly string[] };
  /** DescribeStacks of one stack and DescribeStackEvents tell what was so many calls ago. */
  describeLag?: number;
}

/** The reasons with which a resource's operations fail. */
export interface FailingResource {
  create?: string;
  update?: string;
  delete?: string;
  /** Of the update that would undo an update: leaves the stack in UPDATE_ROLLBACK_FAILED. */
  rollback?: string;
}

export interface ThrottlingRule {
  /** The next so many calls, counted for each new rule. */
  calls?: number;
  /** Of the calls after those, the probability of each, 0 to 1. */
  share?: number;
  /** Of the dice, so that a failing run can be repeated. */
  seed?: number;
}
