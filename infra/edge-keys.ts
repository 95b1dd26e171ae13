import type { EdgeIssuer, PoolIdentity, Signing } from '../edge/config.ts';

/** The keys of the issuers that a deployment trusts beside its user pool, its own among them. */
export interface TrustedKeys {
  /** By alias; one entry for each issuer in the options. */
  readonly keySets: Readonly<Record<string, EdgeIssuer['keys']>>;
  /** Seconds since 1970 when they were fetched. Absent without such issuers. */
  readonly bakedAt?: number;
  /** Public halves of the signing keys that exist, newest first. Absent while there is none: links and keys are refused. */
  readonly signing?: Signing['keys'];
}

/** What the edge function's code holds beside the options. */
export interface EdgeKeys extends TrustedKeys {
  /** Absent without a user pool, and until a new one exists. */
  readonly pool?: PoolIdentity;
}
