import type { EdgeIssuer, PoolIdentity, Signing } from '../edge/config.ts';

/** The keys of the issuers beside the user pool, the deployment's own issuer included. */
export interface TrustedKeys {
  /** By alias; one entry for each issuer in the options. */
  readonly keySets: Readonly<Record<string, EdgeIssuer['keys']>>;
  /** Seconds since 1970 when they were fetched. Absent without such issuers. */
  readonly bakedAt?: number;
  /** Public signing keys, newest first. Absent if there is none: links and keys are then refused. */
  readonly signing?: Signing['keys'];
}

/** Values in the edge function's code, besides the options. */
export interface EdgeKeys extends TrustedKeys {
  /** Absent without a user pool, and until a new one exists. */
  readonly pool?: PoolIdentity;
}
