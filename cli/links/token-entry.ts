import { omitUndefined, readFields } from '../../protocol/fields.ts';
import { keyProblem } from '../../protocol/object-url.ts';

/** Maximum lifetime of a token, in seconds. */
export const MAX_LIFETIME_SECONDS = 366 * 86_400;

export type TokenKind = 'link' | 'key';

/** What a token allows: one key, or the keys with a prefix. */
export type Scope =
  | { readonly key: string; readonly prefix?: never }
  | { readonly prefix: string; readonly key?: never };

/** A token's entry in the ledger. Contains no secret. */
export type TokenEntry = Scope & {
  /** 6 bytes in base64url. */
  readonly id: string;
  readonly kind: TokenKind;
  /** Name of a key. Keys only. */
  readonly name?: string;
  /** Maximum bytes of an object. */
  readonly maxSize?: number;
  /** Whether existing objects are never replaced. Always true for links. */
  readonly noClobber?: true;
  /** Text for the upload page. Links only. */
  readonly note?: string;
  /** RFC 3339, UTC, whole seconds. `expiresAt` too. */
  readonly createdAt: string;
  readonly expiresAt: string;
  /** ARN of the operator who created it. */
  readonly createdBy: string;
  /** Id of the signing key. */
  readonly kid: string;
};

const isText = (value: unknown): value is string => typeof value === 'string';

/** The time format of entries. Expiries of revoked tokens and of signing keys are stored in whole seconds. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const isTime = (value: unknown): value is string =>
  isText(value) && TIME.test(value) && !Number.isNaN(Date.parse(value));
const isSize = (value: unknown) => Number.isSafeInteger(value) && Number(value) > 0;

/** Returns why a prefix is not allowed for a token, as the end of a sentence; `undefined` if it is allowed. */
export function prefixProblem(prefix: string): string | undefined {
  if (prefix === '') return 'is empty';
  if (!prefix.endsWith('/')) return 'does not end with “/”';
  return keyProblem(`${prefix}x`);
}

/** Parses an object of the ledger; `undefined` for an object that is not a valid entry. */
export function parseEntry(text: string, kind: TokenKind, id: string): TokenEntry | undefined {
  const fields = readFields(text);
  if (fields === undefined || fields.id !== id || fields.kind !== kind) return undefined;
  const { name, key, prefix, maxSize, noClobber, note, createdAt, expiresAt, createdBy, kid } = fields;
  if ([name, note].some((one) => one !== undefined && !isText(one))) return undefined;
  if (maxSize !== undefined && !isSize(maxSize)) return undefined;
  if (noClobber !== undefined && noClobber !== true) return undefined;
  if (!isTime(createdAt) || !isTime(expiresAt) || !isText(createdBy) || !isText(kid)) return undefined;
  const scope = readScope(key, prefix);
  if (scope === undefined) return undefined;
  const rest = omitUndefined({ name, maxSize, noClobber, note }) as Partial<TokenEntry>;
  return { id, kind, ...scope, ...rest, createdAt, expiresAt, createdBy, kid } as TokenEntry;
}

function readScope(key: unknown, prefix: unknown): Scope | undefined {
  if (isText(key) && prefix === undefined && keyProblem(key) === undefined) return { key };
  return isText(prefix) && key === undefined && prefixProblem(prefix) === undefined ? { prefix } : undefined;
}
