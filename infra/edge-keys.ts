import type { EdgeIssuer, PoolIdentity } from '../edge/config.ts';

/** The keys of the issuers that a deployment trusts beside its user pool. */
export interface TrustedKeys {
  /** By alias; one entry for each issuer in the options. */
  readonly keySets: Readonly<Record<string, EdgeIssuer['keys']>>;
  /** Seconds since 1970 when they were fetched. Absent without such issuers. */
  readonly bakedAt?: number;
}

/** What the edge function's code holds beside the options. */
export interface EdgeKeys extends TrustedKeys {
  /** Absent without a user pool, and until a new one exists. */
  readonly pool?: PoolIdentity;
}
