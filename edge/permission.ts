import { rulesThatShare } from '../protocol/prefix-overlap.ts';
import { placeholdersOf, prefixesOf } from '../protocol/prefix-rule.ts';
import { type Rule, ruleFor } from '../protocol/upload-rule.ts';
import type { EdgeConfig, EdgePolicy } from './config.ts';
import { Refusal } from './refusal.ts';
import { fitting } from './response.ts';
import type { Caller } from './token/claims.ts';

/** What a caller is allowed to do. */
export interface Permission {
  /** The rule that decided; `undefined` if none fits. */
  readonly rule?: Rule;
  /** What keys must begin with, one of them; empty text: anything. None: nothing may be written. */
  readonly prefixes: readonly string[];
  /** Largest object in bytes. */
  readonly maxSize?: number;
  /** Objects that exist are not replaced. */
  readonly noClobber?: boolean;
}

/** Bytes of prefixes that a refusal names. */
const NAMED_BYTES = 2_000;

/** Returns what the first rule that fits a caller grants. */
export function permissionOf(caller: Caller, { maxSize = Number.POSITIVE_INFINITY }: EdgePolicy): Permission {
  const rule = ruleFor(caller.issuer.rules, caller.claims);
  if (rule === undefined) return { prefixes: [] };
  const size = Math.min(maxSize, rule.maxSize ?? Number.POSITIVE_INFINITY);
  return {
    rule,
    prefixes: prefixesOf(rule.writeTo ?? '', { ...caller, issuer: caller.issuer.alias }),
    ...(Number.isFinite(size) ? { maxSize: size } : {}),
    ...(rule.noClobber ? { noClobber: true } : {}),
  };
}

/** @throws {Refusal} `forbidden_group`, `forbidden_key`, or `internal` under a rule that gives two callers one prefix. */
export function authorize(key: string, { rule, prefixes }: Permission): void {
  if (prefixes.some((prefix) => key.startsWith(prefix))) return;
  if (rule !== undefined && placeholdersOf(rule.writeTo ?? '') === undefined) {
    throw new Refusal('internal', 'The prefix rule of this edge could give two users the same keys.');
  }
  if (prefixes.length === 0) {
    throw new Refusal('forbidden_group', 'You are in no group that is allowed to upload here.');
  }
  throw new Refusal(
    'forbidden_key',
    `You are allowed to write only keys that begin with ${named(prefixes)}.`,
  );
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
export function requireOwnKeys({ issuer }: Caller, { rule }: Permission, { issuers }: EdgeConfig): void {
  if (rule !== undefined && rulesThatShare({ issuer, rule }, issuers).length === 0) return;
  throw new Refusal('forbidden_key', 'Uploads of shared keys are not listed.');
}
