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
    /** Seed of the dice above, so that a failing run can be repeated. */
    seed?: number;
  };
  /** How long after its last association a function stays "replicated", milliseconds. */
  replicasHeldMs?: number;
  /** Logical ids whose create or update fails with the given reason. */
  failingResources?: Record<string, string>;
  /** Each resource operation takes this long, milliseconds. */
  resourceDelayMs?: number;
}
