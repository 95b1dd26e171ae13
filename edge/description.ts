import type { EdgeConfig, UploadPolicy } from './config.ts';
import { writablePrefixes } from './policy.ts';
import { fitting } from './response.ts';
import type { Caller } from './token/claims.ts';

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
    /** How many more groups and prefixes there are than the answer has room for; absent where it has all. */
    readonly omitted?: { readonly groups: number; readonly writeTo: number };
    /** RFC 3339, UTC. */
    readonly tokenExpiresAt: string;
  };
}

/** Bytes of JSON for each list about the caller; the policy and the rest need less than what is left of an answer. */
const LIST_BYTES = 12_000;

export function describeEdge(config: EdgeConfig, caller?: Caller): EdgeDescription {
  const { region, userPoolId, clientId, policy } = config;
  const edge = { service: 'edge-upload', version: 1, region, userPoolId, clientId, policy } as const;
  return caller === undefined ? edge : { ...edge, caller: describeCaller(policy, caller) };
}

function describeCaller(policy: UploadPolicy, caller: Caller): NonNullable<EdgeDescription['caller']> {
  const { username, sub, tokenExpiresAt } = caller;
  const prefixes = writablePrefixes(policy, caller);
  const groups = fitting(caller.groups, LIST_BYTES);
  const writeTo = fitting(prefixes, LIST_BYTES);
  const omitted = {
    groups: caller.groups.length - groups.length,
    writeTo: prefixes.length - writeTo.length,
  };
  return {
    username,
    sub,
    groups,
    writeTo,
    ...(omitted.groups + omitted.writeTo === 0 ? {} : { omitted }),
    tokenExpiresAt: tokenExpiresAt.toISOString(),
  };
}
