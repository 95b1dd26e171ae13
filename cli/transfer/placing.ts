import { keyProblem } from '../../protocol/key-rules.ts';
import { isUserError, UserError } from '../errors.ts';
import { shellWord } from '../ui/shell-word.ts';
import type { Item } from './sources/sources.ts';
import type { Tools } from './tools.ts';

/** @throws {UserError} `bad_key` for a key that the edge would refuse. */
export function checkKey(key: string, source: string): void {
  const problem = keyProblem(key);
  if (problem === undefined) return;
  throw new UserError('bad_key', `${source} cannot be stored under the key “${key}”: it ${problem}.`, {
    hint: 'Choose another key with --as or --prefix.',
  });
}

/** Prefixes that an error names; the others it counts. */
const NAMED = 5;

function named(prefixes: readonly string[]): string {
  const some = prefixes.slice(0, NAMED).map((prefix) => `“${prefix}”`);
  const more = prefixes.length - some.length;
  return more > 0 ? `${some.join(', ')} and ${more} more` : some.join(' or ');
}

function choose({ name, key }: Item, prefixes: readonly string[], several: boolean): UserError {
  const [first = ''] = prefixes;
  const command = several
    ? `--prefix ${shellWord(first)}`
    : `edge-upload put ${name === 'standard input' ? '-' : shellWord(name)} --as ${shellWord(`${first}${key}`)}`;
  return new UserError('forbidden', `You are allowed to write below ${named(prefixes)} only, not “${key}”.`, {
    hint: several
      ? [`Add to the same command, for instance:`, `  ${command}`]
      : ['Choose one, for instance:', `  ${command}`],
  });
}

/**
 * Items under the keys that the caller may write: below the one prefix there is for the caller, whatever `--as` and
 * `--prefix` say; where there are several, they are errors that name them.
 */
export async function* placed(
  items: AsyncIterable<Item>,
  several: boolean,
  { limits, note }: Pick<Tools, 'limits' | 'note'>,
): AsyncGenerator<Item, void, void> {
  let asked: Promise<readonly string[] | UserError> | undefined;
  let noted = false;
  // A failure stands for all items: each would wait for as long as the first.
  const ask = () =>
    limits().then(
      ({ writeTo = [''] }) => writeTo,
      (error: unknown) => {
        if (!isUserError(error)) throw error;
        return error;
      },
    );
  for await (const item of items) {
    if (item.kind === 'refused') {
      yield item;
      continue;
    }
    asked ??= ask();
    const prefixes = await asked;
    if (isUserError(prefixes)) {
      yield { name: item.name, key: item.key, kind: 'refused', error: prefixes };
    } else if (prefixes.some((prefix) => item.key.startsWith(prefix))) {
      yield item;
    } else if (prefixes.length === 1) {
      const [prefix = ''] = prefixes;
      if (!noted) note(`Everything is stored below “${prefix}”, where you are allowed to write.`);
      noted = true;
      yield { ...item, key: `${prefix}${item.key}` };
    } else {
      const { name, key } = item;
      yield { name, key, kind: 'refused', error: choose(item, prefixes, several) };
    }
  }
}
