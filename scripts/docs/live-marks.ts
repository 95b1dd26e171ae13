import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Results } from '../../live/results.ts';

/* Writes the results of `npm run live` on AWS into the pages below: `npm run docs:live`. */

const ROOT = join(import.meta.dirname, '../..');

/** Pages with marks, relative to the root. */
export const MARKED_PAGES = ['SECURITY.md', 'local/FIDELITY.md'] as const;

/** Matches the mark of a claim: (probe `name`: result). */
const MARK = /\(probe `([a-z0-9-]+)`: [^()]*\)/g;

/** Returns the names of the probes in a text. */
export function probesIn(text: string): readonly string[] {
  return [...text.matchAll(MARK)].map(([, name = '']) => name);
}

/** Returns AWS's results in a folder, newest first. Results of the embedded cloud show nothing about AWS. */
export function resultsIn(folder: string): readonly Results[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Results)
    .filter(({ target }) => target === 'aws')
    .sort((one, other) => other.at.localeCompare(one.at));
}

/** Describes the newest result of a probe. */
function stateOf(name: string, results: readonly Results[]): string {
  for (const { at, verdicts } of results) {
    const verdict = verdicts.find((one) => one.name === name)?.verdict ?? 'not run';
    if (verdict === 'not run') continue;
    return `${verdict === 'confirmed' ? 'shown on AWS' : 'AWS differed'} on ${at.slice(0, 10)}`;
  }
  return 'not yet run on AWS';
}

/** Returns a page with updated marks. */
export function withMarks(page: string, results: readonly Results[]): string {
  return page.replace(MARK, (_, name: string) => `(probe \`${name}\`: ${stateOf(name, results)})`);
}

if (process.argv[1] === import.meta.filename) {
  const results = resultsIn(join(ROOT, 'live/results'));
  for (const path of MARKED_PAGES) {
    const file = join(ROOT, path);
    writeFileSync(file, withMarks(readFileSync(file, 'utf8'), results));
  }
}
