import { readFields } from '../../protocol/fields.ts';
import { keyProblem } from '../../protocol/key-rules.ts';
import { omitUndefined } from '../../protocol/omit-undefined.ts';

/** No token lives longer, in seconds. */
export const LONGEST = 366 * 86_400;

export type TokenKind = 'link' | 'key';

/** What the holder of a token is allowed to write: one key, or the keys that begin with a prefix. */
export type Scope =
  | { readonly key: string; readonly prefix?: never }
  | { readonly prefix: string; readonly key?: never };

/** What the ledger keeps of a token. Nothing in it is secret. */
export type TokenEntry = Scope & {
  /** 6 bytes in base64url. */
  readonly id: string;
  readonly kind: TokenKind;
  /** Of a key. */
  readonly name?: string;
  /** Maximum bytes of an object. */
  readonly maxSize?: number;
  /** Never overwrites. Links never do. */
  readonly noClobber?: true;
  /** Text that the page shows. Links only. */
  readonly note?: string;
  /** RFC 3339, UTC, in whole seconds; so is the next. */
  readonly createdAt: string;
  readonly expiresAt: string;
  /** ARN of the operator. */
  readonly createdBy: string;
  /** Signing key. */
  readonly kid: string;
};

const isText = (value: unknown): value is string => typeof value === 'string';

/** As this version writes it. The end of a revoked token, and of a signing key, are kept in whole seconds. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const isTime = (value: unknown): value is string =>
  isText(value) && TIME.test(value) && !Number.isNaN(Date.parse(value));
const isSize = (value: unknown) => Number.isSafeInteger(value) && Number(value) > 0;

/** Returns why a prefix cannot begin the keys of a token, as the end of a sentence; `undefined` if it can. */
export function prefixProblem(prefix: string): string | undefined {
  if (prefix === '') return 'is empty';
  if (!prefix.endsWith('/')) return 'does not end with “/”';
  return keyProblem(`${prefix}x`);
}

/** Parses an object of the ledger. Returns `undefined` for one that this version would not write. */
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
