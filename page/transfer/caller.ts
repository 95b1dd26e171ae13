import { type Fields, fieldsOf, numberIn, omitUndefined, readFields, textIn } from '../../protocol/fields.ts';

/** The caller that a token identifies, and what the edge allows. */
export interface Caller {
  readonly username: string;
  /** Prefixes of the keys that the caller can write. An empty string allows all keys. */
  readonly writeTo: readonly string[];
  /** The only key that a link allows. */
  readonly key?: string;
  /** Largest object in bytes. Default: S3's limits. */
  readonly maxSize?: number;
  /** Whether existing objects are never replaced. */
  readonly noClobber: boolean;
  /** The operator's note for the user of a link. */
  readonly note?: string;
  readonly tokenExpiresAt?: Date;
}

function dateIn(value: unknown): Date | undefined {
  const date = new Date(textIn(value) ?? '');
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** Whether the caller uses a link. */
export function isOfLink({ username }: Pick<Caller, 'username'>): boolean {
  return username.startsWith('link:');
}

/**
 * Returns whose unfinished uploads the caller can see and resume in this browser: a person's own, or those of links. S3
 * stores the name of whoever started an upload with the object.
 */
export function ownerOf({ username }: Pick<Caller, 'username'>): string {
  return isOfLink({ username }) ? 'link:' : username;
}

/** Reads the caller from the edge's description; `undefined` for any other text, or without a caller. */
export function readCaller(text: string): Caller | undefined {
  const document = readFields(text);
  if (typeof document?.caller !== 'object' || document.caller === null) return undefined;
  const [policy, caller] = [document.policy, document.caller].map(fieldsOf) as [Fields, Fields];
  const sizes = [policy.maxSize, caller.maxSize].map(numberIn).filter((size) => size !== undefined);
  const writeTo = Array.isArray(caller.writeTo) ? caller.writeTo : [];
  return {
    username: textIn(caller.username) ?? '',
    writeTo: writeTo.filter((prefix) => typeof prefix === 'string'),
    noClobber: caller.noClobber === true,
    ...omitUndefined({
      key: textIn(caller.key),
      note: textIn(caller.note),
      maxSize: sizes.length === 0 ? undefined : Math.min(...sizes),
      tokenExpiresAt: dateIn(caller.tokenExpiresAt),
    }),
  };
}
