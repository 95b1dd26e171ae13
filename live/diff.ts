import { stderr, stdout } from 'node:process';
import { compareResults } from './compare-results.ts';
import { readResults } from './results.ts';

/*
 * Compares two results, such as AWS's and the embedded cloud's. Exit code 1 means that they differ:
 *
 *   npm run live:diff -- live/results/2026-11-29.json live/results/2026-11-29-embedded.json
 */

async function main([there, here]: readonly string[]): Promise<number> {
  if (there === undefined || here === undefined) throw new Error('Name two result files.');
  const lines = compareResults(await readResults(there), await readResults(here));
  stdout.write(lines.length === 0 ? 'No difference.\n' : `${lines.join('\n')}\n`);
  return lines.length === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  return 2;
});
