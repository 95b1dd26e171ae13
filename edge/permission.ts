import { isUnverified, readClaim } from '../protocol/claims.ts';
import { omitUndefined } from '../protocol/fields.ts';
import { isShared } from '../protocol/prefix-overlap.ts';
import { placeholdersOf, prefixesOf } from '../protocol/prefix-rule.ts';
import { type Condition, holds, type Rule, ruleFor } from '../protocol/upload-rule.ts';
import type { EdgeConfig, EdgeIssuer, EdgePolicy } from './config.ts';
import { Refusal } from './refusal.ts';
import { fitting } from './response.ts';
import { UNVERIFIED } from './token/advice.ts';
import type { Caller } from './token/claims.ts';
import { covers, type Grant } from './token/grant.ts';

/** What a caller is allowed to do. */
export interface Permission {
  /** The rule that matched; `undefined` if none did. */
  readonly rule?: Rule;
  /** Prefixes of the keys that the caller can write. An empty string allows any key, an empty list none. */
  readonly prefixes: readonly string[];
  /** Largest object in bytes. */
  readonly maxSize?: number;
  /** Whether existing objects are never replaced. */
  readonly noClobber?: boolean;
}

/** Maximum bytes of prefixes in a refusal. */
const NAMED_BYTES = 2_000;

/** Returns what a link or key grants. For other callers, returns what the first matching rule grants. */
export function permissionOf(caller: Caller, policy: EdgePolicy): Permission {
  const { issuer, claims, grant } = caller;
  if (grant !== undefined) return { prefixes: [grant.scope], ...limitsOf(grant, policy) };
  const rule = isOverage(caller) ? undefined : ruleFor(issuer.rules, claims);
  if (rule === undefined) return { prefixes: [] };
  const { name, sub, groups } = caller;
  const prefixes = prefixesOf(rule.writeTo ?? '', { issuer: issuer.alias, name, sub, groups, claims });
  return { rule, prefixes, ...limitsOf(rule, policy) };
}

function limitsOf({ maxSize, noClobber }: Rule | Grant, policy: EdgePolicy) {
  const size = maxSize ?? policy.maxSize;
  return omitUndefined({ maxSize: size && Math.min(size, policy.maxSize ?? size), noClobber });
}

function isOnGroups({ claim }: Condition, { groups = [] }: EdgeIssuer): boolean {
  return groups.length > 0 && groups.every((key, at) => key === claim[at]);
}

/**
 * Whether a claim that a rule needs, such as groups, was too long for the token. Entra then sends an address that
 * returns it. Without the claim, a later rule could match by mistake.
 * https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference#groups-overage-claim
 */
function isOverage({ issuer, claims }: Caller): boolean {
  const [groups = ''] = issuer.groups ?? [];
  const isOmitted = (claim = '') =>
    readClaim(claims, ['_claim_names', claim]) !== undefined ||
    (claims.hasgroups !== undefined && (claim === 'groups' || claim === groups));
  return issuer.rules.some(
    ({ when = [], writeTo = '' }) =>
      (writeTo.includes('{group}') && isOmitted(groups)) || when.some(({ claim }) => isOmitted(claim[0])),
  );
}

/**
 * Checks that a caller is allowed to write a key.
 * @throws {Refusal} 403, or `internal` if the rule gives two callers one prefix
 */
export function authorize(key: string, caller: Caller, { rule, prefixes }: Permission): void {
  const { grant } = caller;
  if (grant !== undefined) {
    if (covers(grant, key)) return;
    throw elsewhere(grant.isKey ? `“${grant.scope}”` : `keys that begin with “${grant.scope}”`);
  }
  if (prefixes.some((prefix) => key.startsWith(prefix))) return;
  if (rule === undefined) throw withoutRule(caller);
  const { writeTo = '' } = rule;
  const names = placeholdersOf(writeTo);
  if (names === undefined) {
    throw new Refusal('internal', 'The prefix rule of this edge could give two users the same keys.');
  }
  if (prefixes.length > 0) throw elsewhere(`keys that begin with ${named(prefixes)}`);
  if (names.includes('group') && caller.groups.length === 0) throw inNoGroup();
  const advice = adviceOnClaims(names, caller);
  throw new Refusal(
    'forbidden_caller',
    `The token lacks a usable claim for the prefix “${writeTo}”.${advice}`,
  );
}

/** Returns sentences that explain why a claim was ignored; empty if none was. */
function adviceOnClaims(names: readonly string[], { claims }: Caller): string {
  const isPersonal = names.includes('hd') && claims.hd === undefined;
  const isOpen = names.includes('email') && isUnverified(claims, ['email']);
  return (
    (isPersonal ? ' This Google account does not belong to a Workspace domain.' : '') +
    (isOpen ? ` ${UNVERIFIED}` : '')
  );
}

const elsewhere = (keys: string) => new Refusal('forbidden_key', `You are allowed to write only ${keys}.`);

const inNoGroup = () => new Refusal('forbidden_group', 'You are in no group that is allowed to upload here.');

/** Returns the refusal of a caller whom no rule matches. It names the claims that differ, without their values. */
function withoutRule(caller: Caller): Refusal {
  const { issuer, claims } = caller;
  if (isOverage(caller)) {
    return new Refusal(
      'forbidden_group',
      'You are in more groups than a token contains. Use app roles, or emit only groups assigned to the application.',
    );
  }
  const unmet = issuer.rules.flatMap(({ when = [] }) =>
    when.filter((condition) => !holds(condition, claims)),
  );
  if (unmet.length > 0 && unmet.every((condition) => isOnGroups(condition, issuer))) return inNoGroup();
  const names = [...new Set(unmet.map(({ claim }) => claim.join('.')))];
  return new Refusal(
    'forbidden_caller',
    `No rule matches the token. Claims that differ: ${names.join(', ')}.${adviceOnClaims(names, caller)}`,
  );
}

function named(prefixes: readonly string[]): string {
  const shown = fitting(prefixes, NAMED_BYTES);
  const others = prefixes.length - shown.length;
  const more = others === 0 ? [] : [`one of ${others} other prefixes`];
  return [...shown.map((prefix) => `“${prefix}”`), ...more].join(' or ');
}

/**
 * Refuses to list upload ids of keys that other callers can write. With the id of an upload, they could add parts to it
 * and complete it under its creator's name.
 * @throws {Refusal} `forbidden_key`
 */
export function requireOwnKeys({ issuer }: Caller, { rule }: Permission, { issuers }: EdgeConfig): void {
  if (rule !== undefined && !isShared({ issuer, rule }, issuers)) return;
  throw new Refusal('forbidden_key', 'Uploads of shared keys are not listed.');
}
