import { keyProblem } from '../../protocol/object-url.ts';
import {
  countParts,
  DEFAULT_PART,
  MAX_PART,
  MAX_PARTS,
  MIN_PART,
  suitablePartSize,
} from '../../protocol/parts.ts';
import { command, sameCommand } from '../command-line.ts';
import { isUserError, UserError, type UserErrorOptions } from '../errors.ts';
import { count, formatBytes } from '../ui/format.ts';
import { effectOf } from './error-effects.ts';
import type { EdgeLimits, Limits } from './limits.ts';
import type { Item } from './sources/items.ts';

const MIB = 1024 ** 2;

export const MAX_OBJECT = MAX_PARTS * MAX_PART;
/** S3's limit for one PUT: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const MAX_WHOLE = 5 * 1024 ** 3;

/** Bytes of a part of a stream of unknown length, which can have at most 10,000 parts. */
export const STREAM_PART = 16 * MIB;

export const MULTIPART_MODES = ['auto', 'never', 'always'] as const;
export type MultipartMode = (typeof MULTIPART_MODES)[number];

export interface PlanOptions {
  readonly multipart?: MultipartMode;
  /** Bytes; absent: chosen by the file's size. */
  readonly partSize?: number;
  /** Rate limit in bytes a second. It makes parts small, so that each is stored soon. */
  readonly limitRate?: number;
}

/** The plan of a file's upload: in parts of a multipart upload, or by one PUT. */
export interface Plan {
  readonly multipart: boolean;
  /** Bytes of each part but the last. */
  readonly partSize: number;
  readonly parts: number;
}

/** @throws {UserError} `usage` for a part size that S3 refuses. */
export function checkPartSize(partSize: number): void {
  if (Number.isInteger(partSize) && partSize >= MIN_PART && partSize <= MAX_PART) return;
  const why = `${formatBytes(partSize)}. S3 takes parts of 5 MiB to 5 GiB.`;
  throw new UserError('usage', `Invalid value for --part-size: ${why}`, {
    hint: 'Omit --part-size; the size is then chosen for the file.',
    library: {
      message: `Invalid value for partSize: ${why}`,
      hint: 'Omit partSize; the size is then chosen for the file.',
    },
  });
}

/**
 * Plans the upload of a file of `size` bytes.
 * @throws {UserError} `too_large` beyond S3's limits; `usage` for a part size that makes more than 10,000 parts.
 */
export function planUpload(name: string, size: number, options: PlanOptions = {}): Plan {
  const { multipart = 'auto', limitRate } = options;
  const { partSize = suitablePartSize(size, limitRate === undefined ? DEFAULT_PART : MIN_PART) } = options;
  if (multipart === 'never') {
    if (size > MAX_WHOLE) {
      throw tooLarge(name, size, MAX_WHOLE, 'in one request', {
        hint: 'Omit --multipart.',
        library: { hint: 'Omit multipart.' },
      });
    }
    return { multipart: false, partSize: size, parts: 1 };
  }
  if (size > MAX_OBJECT) throw tooLarge(name, size, MAX_OBJECT, 'as one object');
  checkPartSize(partSize);
  const plan = planOfParts(size, partSize);
  const { parts } = plan;
  if (parts > MAX_PARTS) {
    const least = suitablePartSize(size, MIN_PART);
    throw new UserError(
      'usage',
      `${name} (${formatBytes(size)}) would make ${count(parts, 'part')}; S3 takes ${MAX_PARTS.toLocaleString('en-US')}.`,
      {
        hint: `Omit --part-size, or set it to ${least / MIB}M or more.`,
        library: { hint: `Omit partSize, or set it to ${least} or more.` },
      },
    );
  }
  if (multipart === 'auto' && parts === 1 && size <= MAX_WHOLE) {
    return { multipart: false, partSize: size, parts: 1 };
  }
  return plan;
}

function tooLarge(
  name: string,
  size: number,
  bound: number,
  how: string,
  texts?: UserErrorOptions,
): UserError {
  return new UserError(
    'too_large',
    `${name} has ${formatBytes(size)}; S3 takes ${formatBytes(bound)} ${how}.`,
    texts,
  );
}

/** Returns the plan of a multipart upload of `size` bytes in parts of `partSize`. */
export function planOfParts(size: number, partSize: number): Plan {
  return { multipart: true, partSize, parts: countParts(size, partSize) };
}

/** Returns the error `bad_key` for a key that the edge would refuse; `undefined` for any other. */
function keyError(key: string, source: string): UserError | undefined {
  const problem = keyProblem(key);
  if (problem === undefined) return undefined;
  return new UserError('bad_key', `${source} cannot be stored under the key “${key}”: it ${problem}.`, {
    hint: ['Rename it, or give it another key:', command`edge-upload put <file> --as <key>`],
  });
}

/** @throws {UserError} `bad_key` for a key that the edge would refuse. */
export function checkKey(key: string, source: string): void {
  const error = keyError(key, source);
  if (error !== undefined) throw error;
}

/** Returns an item under a key that an edge named, whole or in part. The edge can send any text. */
function under(item: Item, key: string): Item {
  const error = keyError(key, item.name);
  return error === undefined ? { ...item, key } : { name: item.name, key: item.key, kind: 'refused', error };
}

/** Maximum prefixes that an error names; it counts the others. */
const NAMED = 5;

function named(prefixes: readonly string[]): string {
  const some = prefixes.slice(0, NAMED).map((prefix) => `“${prefix}”`);
  const more = prefixes.length - some.length;
  return more > 0 ? `${some.join(', ')} and ${more} more` : some.join(' or ');
}

function choose({ name, key }: Item, prefixes: readonly string[], several: boolean): UserError {
  const [first = ''] = prefixes;
  const [from, as] = [name === 'standard input' ? '-' : name, `${first}${key}`];
  return new UserError('forbidden', `You are allowed to write below ${named(prefixes)} only, not “${key}”.`, {
    hint: several
      ? ['Choose one, for instance:', sameCommand`--prefix ${first}`]
      : ['Choose one, for instance:', command`edge-upload put ${from} --as ${as}`],
  });
}

/** An item under the key that the caller is allowed to write; refused if there is none, or more than one. */
interface Placed {
  readonly item: Item;
  /** The limits that decided; absent for an item that was refused before. */
  readonly limits?: EdgeLimits;
}

export interface Placing {
  place(item: Item): Promise<Placed>;
  /** Returns the item under another key, if the edge's keys differ from those that `placed` relied on. */
  placeAgain(item: Item, placed: Placed, error: UserError): Promise<Placed | undefined>;
}

export interface PlacingOptions {
  /** There can be more than one item. */
  readonly several: boolean;
  /** The user typed the key or its beginning. */
  readonly isNamed: boolean;
  readonly note: (text: string) => void;
}

/** Stores an item under the only key that the caller is allowed to write, unless the user typed another. */
function exactly(item: Item, only: string, { several, isNamed, note }: PlacingOptions): Item {
  const { name, key } = item;
  if (!several && key === only) return item;
  if (!several && !isNamed) {
    note(`It is stored as “${only}”, the only key that you are allowed to write.`);
    return under(item, only);
  }
  const error = new UserError('forbidden', `You are allowed to write “${only}” only, not “${key}”.`, {
    hint: several ? 'Upload a single file.' : 'Omit --as and --prefix.',
  });
  return { name, key, kind: 'refused', error };
}

/**
 * Stores items below the only prefix that the caller is allowed to write, also with `--as` and `--prefix`. If there are
 * several prefixes, items outside of them are refused, and the error names the prefixes.
 */
export function createPlacing(limits: Limits, { several, isNamed, note }: PlacingOptions): Placing {
  let noted: string | undefined;
  let failure: UserError | undefined;

  const below = (item: Item, limits: EdgeLimits): Placed => {
    const { name, key } = item;
    const { writeTo = [''], key: only, omitted } = limits;
    if (only !== undefined) return { item: exactly(item, only, { several, isNamed, note }), limits };
    if (writeTo.some((prefix) => key.startsWith(prefix))) return { item, limits };
    // The key can begin with a prefix that the edge did not list, so the edge decides.
    if (omitted !== undefined) return { item, limits };
    const [prefix = '', ...others] = writeTo;
    if (others.length > 0) {
      return { item: { name, key, kind: 'refused', error: choose(item, writeTo, several) }, limits };
    }
    if (noted !== prefix) note(`Everything is stored below “${prefix}”, where you are allowed to write.`);
    noted = prefix;
    return { item: under(item, `${prefix}${key}`), limits };
  };

  const refused = ({ name, key }: Item, error: UserError): Placed => {
    // A failure applies to all items, because each would wait as long as the first.
    failure = error;
    return { item: { name, key, kind: 'refused', error } };
  };

  return {
    async place(item) {
      if (item.kind === 'refused') return { item };
      if (failure !== undefined) return refused(item, failure);
      try {
        // A stream cannot be sent again if the remembered limits are outdated.
        return below(item, await (item.kind === 'stream' ? limits.fresh() : limits.current()));
      } catch (error) {
        if (!isUserError(error)) throw error;
        return refused(item, error);
      }
    },
    async placeAgain(item, placed, error) {
      if (item.kind !== 'file' || placed.limits === undefined) return undefined;
      if (effectOf(error.code).file !== 'place again') return undefined;
      const newer = await limits.newerThan(placed.limits).catch((problem: unknown) => {
        // The refusal is reported instead.
        if (!isUserError(problem)) throw problem;
        return undefined;
      });
      return newer && below(item, newer);
    },
  };
}
