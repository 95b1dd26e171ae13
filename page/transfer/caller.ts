import { type Fields, fieldsOf, numberIn, readFields, textIn } from '../../protocol/fields.ts';
import { omitUndefined } from '../../protocol/omit-undefined.ts';

/** Whom a token stands for, and what the edge allows this caller. */
export interface Caller {
  readonly username: string;
  /** Prefixes of the keys that the caller can write; the empty prefix allows all keys. */
  readonly writeTo: readonly string[];
  /** The one key that a link is for. */
  readonly key?: string;
  /** Bytes of the largest object; absent: S3's limits. */
  readonly maxSize?: number;
  /** Objects that exist are not replaced. */
  readonly noClobber: boolean;
  /** What the operator wrote for the user of a link. */
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
 * Returns whose unfinished uploads the caller can see and resume in this browser: a person's own, or those of links. The
 * store has the name of the person who began an upload, and gives it to the object.
 */
export function ownerOf({ username }: Pick<Caller, 'username'>): string {
  return isOfLink({ username }) ? 'link:' : username;
}

/** Reads the caller from an edge's description of itself; `undefined` for any other text, and where it names none. */
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
