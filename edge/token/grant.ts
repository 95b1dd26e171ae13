import type { Claims } from '../../protocol/claims.ts';
import { omitUndefined } from '../../protocol/fields.ts';
import { keyProblem } from '../../protocol/object-url.ts';
import { invalidClaim } from './authorization.ts';

/** What a link or key grants. No rule applies to it. */
export interface Grant {
  /** The only key that the caller can write, or the prefix of its keys. */
  readonly scope: string;
  /** Whether `scope` is a key. */
  readonly isKey: boolean;
  /** Largest object in bytes. */
  readonly maxSize?: number;
  /** Whether existing objects are never replaced. */
  readonly noClobber?: true;
  /** The operator's note for the user of a link. */
  readonly note?: string;
}

const NOTE = /^[^\p{Cc}\p{Cs}]{1,200}$/u;

/**
 * Returns what the claims of a link or key grant: `k` (a key) or `p` (a prefix), `max`, `nc` and, for links, `n`. A
 * link never replaces an object, with any value of `nc`.
 * @throws {Refusal} `invalid_claim` for a claim with an invalid type or value
 */
export function readGrant({ k, p, max, nc, n }: Claims, kind: 'link' | 'key'): Grant {
  const isKey = k !== undefined;
  const scope = isKey ? k : p;
  if (isKey && p !== undefined) throw invalidClaim('p');
  if (typeof scope !== 'string' || keyProblem(isKey ? scope : scope.replace(/\/$/, '')) !== undefined) {
    throw invalidClaim(isKey ? 'k' : 'p');
  }
  if (max !== undefined && !(Number.isSafeInteger(max) && Number(max) > 0)) throw invalidClaim('max');
  if (nc !== undefined && nc !== true) throw invalidClaim('nc');
  const isNote = kind === 'link' && typeof n === 'string' && NOTE.test(n);
  if (n !== undefined && !isNote) throw invalidClaim('n');
  return {
    scope,
    isKey,
    ...omitUndefined({
      maxSize: max as number | undefined,
      noClobber: kind === 'link' ? true : nc,
      note: n as string | undefined,
    }),
  };
}

/** Whether a link or key allows a key. The prefix itself is not a key below it. */
export function covers({ scope, isKey }: Grant, key: string): boolean {
  return isKey ? key === scope : key.startsWith(scope) && key !== scope;
}
