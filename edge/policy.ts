import { isOwnPrefixRule, isPrefixRule, namesGroup, prefixOf } from '../protocol/prefix-rule.ts';
import type { UploadPolicy } from './config.ts';
import { Refusal } from './refusal.ts';
import { fitting } from './response.ts';
import type { Caller } from './token/claims.ts';

/** Bytes of prefixes that a refusal names. */
const NAMED_BYTES = 2_000;

/**
 * What keys of this caller must begin with, one of them; empty text: anything. None: the caller may write nowhere, as
 * under a rule that gives two callers one prefix.
 */
export function writablePrefixes(policy: UploadPolicy, caller: Caller): string[] {
  const { writeTo = '' } = policy;
  const { username, sub, groups } = caller;
  if (!isAdmitted(policy, caller) || !isPrefixRule(writeTo)) return [];
  if (!namesGroup(writeTo)) return [prefixOf(writeTo, { username, sub })];
  return groups.map((group) => prefixOf(writeTo, { username, sub, group }));
}

/** Whether the caller is in a group that may upload. */
function isAdmitted({ allowGroups }: UploadPolicy, { groups }: Caller): boolean {
  return allowGroups === undefined || allowGroups.some((group) => groups.includes(group));
}

/** @throws {Refusal} `forbidden_group`, `forbidden_key`, or `internal` under a rule that gives two callers one prefix. */
export function authorize(key: string, caller: Caller, policy: UploadPolicy): void {
  const prefixes = writablePrefixes(policy, caller);
  if (prefixes.some((prefix) => key.startsWith(prefix))) return;
  if (!isPrefixRule(policy.writeTo ?? '')) {
    throw new Refusal('internal', 'The prefix rule of this edge could give two users the same keys.');
  }
  if (prefixes.length === 0) {
    throw new Refusal('forbidden_group', 'You are in no group that may upload here.');
  }
  throw new Refusal('forbidden_key', `You may write keys that begin with ${named(prefixes)} only.`);
}

function named(prefixes: readonly string[]): string {
  const shown = fitting(prefixes, NAMED_BYTES);
  const others = prefixes.length - shown.length;
  const more = others === 0 ? [] : [`one of ${others} other prefixes`];
  return [...shown.map((prefix) => `“${prefix}”`), ...more].join(' or ');
}

/**
 * Whoever knows an upload's id can put other parts into it and complete it in the name of who began it, so ids are told
 * only where nobody else may write the key.
 * @throws {Refusal} `forbidden_key`
 */
export function requireOwnKeys({ writeTo = '' }: UploadPolicy): void {
  if (isOwnPrefixRule(writeTo)) return;
  throw new Refusal('forbidden_key', 'Uploads of shared keys are not listed.');
}
