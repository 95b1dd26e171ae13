import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Results } from '../../live/results.ts';

/* Writes into the pages below what `npm run live` showed on AWS: `npm run docs:live`. */

const ROOT = join(import.meta.dirname, '../..');

/** The pages with marks, from the root. */
export const MARKED_PAGES = ['SECURITY.md', 'local/FIDELITY.md'] as const;

/** A mark of a claim: (probe `name`: what the newest result says). */
const MARK = /\(probe `([a-z0-9-]+)`: [^()]*\)/g;

/** Returns the names of the probes that a text names. */
export function probesIn(text: string): readonly string[] {
  return [...text.matchAll(MARK)].map(([, name = '']) => name);
}

/** Returns the results of AWS in a folder, the newest first. Those of the embedded cloud show nothing about AWS. */
export function resultsIn(folder: string): readonly Results[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Results)
    .filter(({ target }) => target === 'aws')
    .sort((one, other) => other.at.localeCompare(one.at));
}

/** Returns what the newest result that ran a probe says. */
function stateOf(name: string, results: readonly Results[]): string {
  for (const { at, verdicts } of results) {
    const verdict = verdicts.find((one) => one.name === name)?.verdict ?? 'not run';
    if (verdict === 'not run') continue;
    return `${verdict === 'confirmed' ? 'shown on AWS' : 'AWS differed'} on ${at.slice(0, 10)}`;
  }
  return 'not yet run on AWS';
}

/** Returns a page with its marks renewed. */
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
