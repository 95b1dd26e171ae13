import { keyProblem } from '../../protocol/object-url.ts';
import { command } from '../command-line.ts';
import { isUserError, UserError } from '../errors.ts';
import { changedCommand } from '../same-command.ts';
import { effectOf } from './error-effects.ts';
import type { EdgeLimits, Limits } from './limits.ts';
import type { Item } from './sources/items.ts';

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

function choose(key: string, prefixes: readonly string[], typed = ''): UserError {
  const [first = ''] = prefixes;
  return new UserError('forbidden', `You are allowed to write below ${named(prefixes)} only, not “${key}”.`, {
    hint: ['Choose one, for instance:', changedCommand`--prefix ${`${first}${typed}`}`],
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
  /** The typed beginning of the keys. */
  readonly prefix?: string | undefined;
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
export function createPlacing(
  limits: Limits,
  { several, isNamed, prefix: typed, note }: PlacingOptions,
): Placing {
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
      return { item: { name, key, kind: 'refused', error: choose(key, writeTo, typed) }, limits };
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
