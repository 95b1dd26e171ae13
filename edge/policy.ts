import type { UploadPolicy } from './config.ts';
import { Refusal } from './refusal.ts';
import type { Caller } from './verify.ts';

const PLACEHOLDER = /\{(username|sub)\}/g;

/**
 * A claim as part of one segment. Usernames may hold almost anything, a slash too: encoded, none of them can reach
 * below the folder of another.
 */
function asSegment(claim: string): string {
  return claim.replace(/[%/]/g, encodeURIComponent);
}

/**
 * What keys of this caller must begin with; empty: anything. A prefix whose last segment names the caller ends with a
 * slash, whether it was written or not, as `home/ada` would be the beginning of `home/adam/` too.
 */
export function writablePrefix({ writeTo = '' }: UploadPolicy, { username, sub }: Caller): string {
  const claims: Readonly<Record<string, string>> = { username, sub };
  const prefix = writeTo.replace(PLACEHOLDER, (_all, name: string) => asSegment(claims[name] ?? ''));
  const lastSegment = writeTo.slice(writeTo.lastIndexOf('/') + 1);
  return lastSegment.search(PLACEHOLDER) < 0 ? prefix : `${prefix}/`;
}

/** Whether the caller is in a group that may upload. */
export function isAdmitted({ allowGroups }: UploadPolicy, { groups }: Caller): boolean {
  return allowGroups === undefined || allowGroups.some((group) => groups.includes(group));
}

/** @throws {Refusal} `forbidden_group` or `forbidden_key` */
export function authorize(key: string, caller: Caller, policy: UploadPolicy): void {
  if (!isAdmitted(policy, caller)) {
    throw new Refusal('forbidden_group', 'You are in no group that may upload here.');
  }
  const prefix = writablePrefix(policy, caller);
  if (!key.startsWith(prefix)) {
    throw new Refusal('forbidden_key', `You may write keys that begin with “${prefix}” only.`);
  }
}
