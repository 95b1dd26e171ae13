import { argv, stderr, stdout } from 'node:process';
import { differences, type Verdict } from './probe.ts';
import { type Results, readResults } from './results.ts';

/*
 * Compares two results, such as AWS's and the embedded cloud's. Exit code 1 means that they differ:
 *
 *   npm run live:diff -- live/results/2026-11-29.json live/results/2026-11-29-embedded.json
 */

function compareVerdicts(name: string, there: Verdict | undefined, here: Verdict | undefined) {
  if (there?.seen === undefined && here?.seen === undefined) return [];
  if (there?.seen === undefined) return [`${name}: run only here${because(there)}`];
  if (here?.seen === undefined) return [`${name}: run only there${because(here)}`];
  const [one, other] = [there.seen, here.seen];
  const shown = (value: unknown) => (value === undefined ? 'absent' : JSON.stringify(value));
  return differences(one, other).map(
    (member) => `${name}: ${member} is ${shown(one[member])} there, ${shown(other[member])} here`,
  );
}

function because(verdict: Verdict | undefined): string {
  return verdict?.reason === undefined ? '' : `; in the other: ${verdict.reason}`;
}

/** Returns the differences between the results of two runs, one per line. */
export function compareResults(there: Results, here: Results): readonly string[] {
  const names = new Set([...there.verdicts, ...here.verdicts].map(({ name }) => name));
  const named = ({ verdicts }: Results, name: string) => verdicts.find((one) => one.name === name);
  return [...names].flatMap((name) => compareVerdicts(name, named(there, name), named(here, name)));
}

async function main([there, here]: readonly string[]): Promise<number> {
  if (there === undefined || here === undefined) throw new Error('Name two result files.');
  const lines = compareResults(await readResults(there), await readResults(here));
  stdout.write(lines.length === 0 ? 'No difference.\n' : `${lines.join('\n')}\n`);
  return lines.length === 0 ? 0 : 1;
}

if (argv[1] === import.meta.filename) {
  process.exitCode = await main(argv.slice(2)).catch((error: unknown) => {
    stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  });
}
