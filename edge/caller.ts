import type { UploadPolicy } from './config.ts';
import { type Refusal, refusal } from './refusal.ts';

/** Who a valid token stands for. */
export interface Caller {
  readonly username: string;
  readonly sub: string;
  readonly groups: readonly string[];
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

/** A claim as one path segment: a user called `a/b` must not reach into the folder of a user called `a`. */
function segment(claim: string): string {
  return encodeURIComponent(claim);
}

/** What every key of this caller must begin with; empty where the policy leaves that free. */
export function writeTo({ writeTo: rule = '' }: UploadPolicy, { username, sub }: Caller): string {
  return rule.replace(/\{(username|sub)\}/g, (_whole, name) => segment(name === 'sub' ? sub : username));
}

/** Whether the policy lets this caller upload at all. */
export function checkGroup({ allowGroups }: UploadPolicy, { groups }: Caller): Refusal | undefined {
  if (allowGroups === undefined || allowGroups.some((name) => groups.includes(name))) return undefined;
  return refusal('forbidden_group', 'you are in none of the groups that may upload');
}

/** Whether the policy lets this caller write under this key. */
export function checkPlace(policy: UploadPolicy, caller: Caller, key: string): Refusal | undefined {
  const place = writeTo(policy, caller);
  return key.startsWith(place) ? undefined : refusal('forbidden_key', `you may only write below ${place}`);
}
