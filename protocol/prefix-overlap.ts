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
  for (let at = 0; ; at += 1) {
    const [a, b] = [left[at], right[at]];
    if (a === undefined || b === undefined || a === 'many' || b === 'many') return true;
    const ends = at === left.length - 1 || at === right.length - 1;
    if (typeof a === 'string' || typeof b === 'string') {
      if (ends) return true;
      if (a === b && a !== 'any' && one.issuer.alias === other.issuer.alias) return false;
    } else if (ends) {
      const [short, long] = at === left.length - 1 ? [a, b] : [b, a];
      return (
        long.text.startsWith(short.text) || (left.length === right.length && short.text.startsWith(long.text))
      );
    } else if (a.text !== b.text) return false;
  }
}

/** Whether other callers, under the same rule or another one, can write this rule's keys. */
export function isShared(one: IssuerRule, issuers: readonly RuledIssuer[]): boolean {
  return issuers.some((issuer) => issuer.rules.some((rule) => overlap(one, { issuer, rule })));
}
