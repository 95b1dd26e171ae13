import type { EdgeConfig, UploadPolicy } from './config.ts';
import { writablePrefixes } from './policy.ts';
import type { Caller } from './verify.ts';

/** The document at `/.well-known/edge-upload`: what a client needs to know to sign in and to upload. */
export interface EdgeDescription {
  readonly service: 'edge-upload';
  /** Of this document; a client leaves fields that it does not know alone. */
  readonly version: 1;
  readonly region: string;
  readonly userPoolId: string;
  readonly clientId: string;
  readonly policy: UploadPolicy;
  readonly caller?: {
    readonly username: string;
    readonly sub: string;
    readonly groups: readonly string[];
    /** What keys must begin with, one of them; empty text: anything. None: nothing may be written. */
    readonly writeTo: readonly string[];
    /** RFC 3339, UTC. */
    readonly tokenExpiresAt: string;
  };
}

export function describeEdge(config: EdgeConfig, caller?: Caller): EdgeDescription {
  const { region, userPoolId, clientId, policy } = config;
  const edge = { service: 'edge-upload', version: 1, region, userPoolId, clientId, policy } as const;
  if (caller === undefined) return edge;
  const { username, sub, groups, tokenExpiresAt } = caller;
  const writeTo = writablePrefixes(policy, caller);
  return {
    ...edge,
    caller: { username, sub, groups, writeTo, tokenExpiresAt: tokenExpiresAt.toISOString() },
  };
}
