import type { KeyChange } from './cognito/keys.ts';
import type { KeySetFault } from './lambda/instances/key-sets.ts';

/**
 * Faults that tests inject into the embedded cloud. All are off by default, and the network can set them only if the cloud
 * was started with faults enabled.
 */
export interface Faults {
  /** Faults of requests to a distribution. Its function has allowed them, unless a fault says otherwise. */
  edge?: {
    /** Upload speed of each connection, bytes a second. */
    bytesPerSecond?: number;
    /** Probability, 0 to 1, that the connection is reset at a random byte of the body. */
    reset?: number;
    /** Probability that the body stops being read for `stallMs` at a random byte. */
    stall?: number;
    stallMs?: number;
    /** Probability that a request is answered 503 (`SlowDown` in S3's XML) instead of being passed on. */
    unavailable?: number;
    /**
     * A web ACL that answers 403 with CloudFront's "Request blocked" page, before the function. With `bodyOver` it blocks
     * only bodies of unknown length or of more bytes (AWS's rule SizeRestrictions_BODY: 8,192).
     */
    webAcl?: { bodyOver?: number };
    /** Response headers policies apply to a function's own responses too. AWS's documentation leaves it open. */
    policyOnGenerated?: boolean;
    /** Seed of the probabilities, so that a failing run can be repeated. */
    seed?: number;
  };
  /** How long a function stays replicated after its last association, milliseconds. Default: not at all. */
  replicasHeldMs?: number;
  /** Reasons for which resource operations fail, by logical id. A string is for create and update. */
  failingResources?: Record<string, string | FailingResource>;
  /** How long each resource operation takes, milliseconds. */
  resourceDelayMs?: number;
  /**
   * Calls that are throttled, by `<service>:<Operation>` or `<service>:*`, with the service's name in IAM's actions.
   * `s3:DeleteObjects.Key` refuses single keys of a DeleteObjects that succeeds.
   */
  throttling?: Record<string, ThrottlingRule>;
  /**
   * How many of the next conditional CompleteMultipartUpload requests conflict with another write of their key: 409
   * ConditionalRequestConflict, also for later requests of the same upload.
   */
  completeConflicts?: number;
  /** How many objects another client adds while a bucket is emptied, one after each DeleteObjects or ListObjectVersions. */
  lateWriter?: { objects: number };
  /**
   * Faults of a function's requests for a key set, by its exact URL, such as
   * `https://cognito-idp.us-east-1.amazonaws.com/<pool>/.well-known/jwks.json`.
   */
  keySets?: Record<string, KeySetFault>;
  /**
   * The keys of all user pools. `rotated`: new keys sign, and the key set contains both. `withdrawn`: the key set contains
   * only the new keys. The new keys last as long as the cloud's process.
   */
  poolKeys?: KeyChange;
  /**
   * Stacks can contain identity providers and domains of user pools, although the embedded Cognito has no managed login.
   * Read when the cloud starts.
   */
  federation?: boolean;
  /**
   * Stacks can contain web ACLs, encryption with KMS keys, and scans by GuardDuty, although the embedded cloud has none. They
   * have no effect. Read when the cloud starts.
   */
  awsOnly?: boolean;
  /** Concurrent executions that Lambda's GetAccountSettings reports, such as a new account's 10. Not enforced. */
  lambdaConcurrency?: number;
  /**
   * Actions that IAM denies, such as `cloudformation:DeleteStack` or `s3:Delete*`, in calls and in its simulation. The
   * account's keys then belong to a user `operator`; without this fault, to the root user, who is denied nothing.
   */
  operator?: { denied: readonly string[] };
  /** Resource types that CloudFormation does not compare: no drift is detected, and none is reverted. */
  uncomparedTypes?: readonly string[];
  /** How many calls old the responses of DescribeStackEvents and of DescribeStacks for one stack are. */
  describeLag?: number;
}

/** The reasons for which a resource's operations fail. */
export interface FailingResource {
  create?: string;
  update?: string;
  delete?: string;
  /** For the rollback of an update, which leaves the stack in UPDATE_ROLLBACK_FAILED. */
  rollback?: string;
}

export interface ThrottlingRule {
  /** How many of the next calls are throttled. Each rule has its own count. */
  calls?: number;
  /** Probability, 0 to 1, that a call after those is throttled. */
  share?: number;
  /** Seed of the probability, so that a failing run can be repeated. */
  seed?: number;
}
