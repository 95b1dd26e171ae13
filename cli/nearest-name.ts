import leven from 'leven';

/** Longer names are not typing errors, and take long to compare. */
const LONGEST = 64;

/** Returns the known name that begins with the typed text; `undefined` if there is none or several. */
export function onlyCompletion(typed: string, known: readonly string[]): string | undefined {
  const [first, ...more] = new Set(known.filter((name) => name.startsWith(typed)));
  return more.length === 0 ? first : undefined;
}

/** Returns the known name that is closest to a misspelt one; `undefined` if none is close. */
export function nearestName(typed: string, known: readonly string[]): string | undefined {
  if (typed.length > LONGEST) return undefined;
  const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '');
  const wanted = plain(typed);
  if (wanted.length < 3) return undefined;
  const [best] = known
    .map((name) => {
      const other = plain(name);
      const isPart = other.length >= 3 && (wanted.startsWith(other) || other.startsWith(wanted));
      return { name, edits: isPart ? 1 : leven(wanted, other) };
    })
    .filter(({ edits }) => edits <= Math.floor(wanted.length / 3))
    .sort((one, other) => one.edits - other.edits);
  return best?.name;
}
