/** Edits that make one text of another: https://en.wikipedia.org/wiki/Levenshtein_distance */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [down, letter] of [...one].entries()) {
    const next = [down + 1];
    for (const [across, against] of [...other].entries()) {
      const replaced = (row[across] ?? 0) + (letter === against ? 0 : 1);
      next.push(Math.min(replaced, (row[across + 1] ?? 0) + 1, (next[across] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** Names that are longer are no slip of a finger, and take long to compare. */
const LONGEST = 64;

/** Returns the known name that a misspelt one was meant to be, or `undefined`. */
export function nearestName(typed: string, known: readonly string[]): string | undefined {
  if (typed.length > LONGEST) return undefined;
  const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '');
  const wanted = plain(typed);
  if (wanted.length < 3) return undefined;
  const [best] = known
    .map((name) => {
      const other = plain(name);
      const isPart = other.length >= 3 && (wanted.startsWith(other) || other.startsWith(wanted));
      return { name, edits: isPart ? 1 : distance(wanted, other) };
    })
    .filter(({ edits }) => edits <= Math.floor(wanted.length / 3))
    .sort((one, other) => one.edits - other.edits);
  return best?.name;
}
