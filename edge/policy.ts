import type { UploadPolicy } from './config.ts';
import { Refusal } from './refusal.ts';
import type { Caller } from './verify.ts';

const PLACEHOLDER = /\{(username|sub|group)\}/g;

/**
 * A claim as part of one segment. Usernames may hold almost anything, a slash too: encoded, none of them can reach
 * below the folder of another.
 */
function asSegment(claim: string): string {
  return claim.replace(/[%/]/g, encodeURIComponent);
}

/**
 * A prefix whose last segment names the caller ends with a slash, whether it was written or not, as `home/ada` would be
 * the beginning of `home/adam/` too.
 */
function prefixOf(rule: string, claims: Readonly<Record<string, string>>): string {
  const prefix = rule.replace(PLACEHOLDER, (_all, name: string) => asSegment(claims[name] ?? ''));
  const lastSegment = rule.slice(rule.lastIndexOf('/') + 1);
  return lastSegment.search(PLACEHOLDER) < 0 ? prefix : `${prefix}/`;
}

/** What keys of this caller must begin with, one of them; empty text: anything. None: the caller may write nowhere. */
export function writablePrefixes(policy: UploadPolicy, caller: Caller): string[] {
  const { writeTo = '' } = policy;
  const { username, sub, groups } = caller;
  if (!isAdmitted(policy, caller)) return [];
  if (!writeTo.includes('{group}')) return [prefixOf(writeTo, { username, sub })];
  return groups.map((group) => prefixOf(writeTo, { username, sub, group }));
}

/** Whether the caller is in a group that may upload. */
function isAdmitted({ allowGroups }: UploadPolicy, { groups }: Caller): boolean {
  return allowGroups === undefined || allowGroups.some((group) => groups.includes(group));
}

/** @throws {Refusal} `forbidden_group` or `forbidden_key` */
export function authorize(key: string, caller: Caller, policy: UploadPolicy): void {
  const prefixes = writablePrefixes(policy, caller);
  if (prefixes.length === 0) {
    throw new Refusal('forbidden_group', 'You are in no group that may upload here.');
  }
  if (!prefixes.some((prefix) => key.startsWith(prefix))) {
    const named = prefixes.map((prefix) => `“${prefix}”`).join(' or ');
    throw new Refusal('forbidden_key', `You may write keys that begin with ${named} only.`);
  }
}

/**
 * Whoever knows an upload's id can put other parts into it and complete it in the name of who began it, so ids are told
 * only where nobody else may write the key.
 * @throws {Refusal} `forbidden_key`
 */
export function requireOwnKeys({ writeTo = '' }: UploadPolicy): void {
  if (/\{(username|sub)\}/.test(writeTo)) return;
  throw new Refusal('forbidden_key', 'Uploads of shared keys are not listed.');
}
