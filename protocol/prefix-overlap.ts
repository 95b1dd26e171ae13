import type { ClaimPath } from './claims.ts';
import { PATH_CLAIMS } from './prefix-rule.ts';
import type { Rule } from './upload-rule.ts';

/** The fields of an issuer that its callers' keys depend on. */
export interface RuledIssuer {
  readonly alias: string;
  readonly kind: 'pool' | 'people' | 'workload' | 'edge';
  readonly name: ClaimPath;
  readonly rules: readonly Rule[];
}

export interface IssuerRule {
  readonly issuer: RuledIssuer;
  readonly rule: Rule;
}

/**
 * A segment of a prefix: literal text; a claim that no two callers of the issuer share; any text; or any number of
 * segments.
 */
type Segment = { readonly text: string } | 'sub' | 'name' | 'any' | 'many';

/**
 * Whether an issuer's user names are unique, as in a user pool. At other issuers the claim can be an address or
 * nickname, which another person can get later.
 */
function hasUniqueNames({ kind, name }: RuledIssuer): boolean {
  return kind === 'pool' || (name.length === 1 && (name[0] === 'sub' || name[0] === 'oid'));
}

function segmentOf(segment: string, issuer: RuledIssuer): Segment {
  const claim = /^\{(.*)\}$/.exec(segment)?.[1];
  if (claim === undefined) return { text: segment };
  if (claim === 'issuer') return { text: issuer.alias };
  if (claim === 'sub') return 'sub';
  if (claim === 'name' || claim === 'username') return hasUniqueNames(issuer) ? 'name' : 'any';
  return PATH_CLAIMS.includes(claim) ? 'many' : 'any';
}

/** Returns the segments of a rule's prefixes. The last one is the start of a segment of the key, and can be empty. */
function segmentsOf({ issuer, rule: { writeTo = '' } }: IssuerRule): readonly Segment[] {
  // A slash inside a placeholder does not separate segments.
  const segments = writeTo.split(/\/(?![^{}]*\})/).map((segment) => segmentOf(segment, issuer));
  return typeof segments.at(-1) === 'string' ? [...segments, { text: '' }] : segments;
}

/** Whether two different callers, one under each rule, can write the same key. */
export function overlap(one: IssuerRule, other: IssuerRule): boolean {
  const left = segmentsOf(one);
  const right = segmentsOf(other);
  const last = Math.min(left.length, right.length) - 1;
  for (const [at, a] of left.slice(0, last).entries()) {
    const b = right[at];
    if (a === 'many' || b === 'many') return true;
    const isSameClaim = (a === 'sub' || a === 'name') && a === b;
    if (isSameClaim && one.issuer.alias === other.issuer.alias) return false;
    if (typeof a === 'object' && typeof b === 'object' && a.text !== b.text) return false;
  }
  // The shorter rule ends here: its text is the start of a segment.
  const [a, b] = [left[last], right[last]];
  if (typeof a !== 'object' || typeof b !== 'object') return true;
  return (
    (left.length >= right.length && a.text.startsWith(b.text)) ||
    (left.length <= right.length && b.text.startsWith(a.text))
  );
}

/** Whether other callers, under the same rule or another one, can write this rule's keys. */
export function isShared(one: IssuerRule, issuers: readonly RuledIssuer[]): boolean {
  return issuers.some((issuer) => issuer.rules.some((rule) => overlap(one, { issuer, rule })));
}
