import { stdout } from 'node:process';
import { differences, type Verdict } from './probe.ts';
import { readResults } from './results.ts';

/*
 * Holds two results against each other, such as AWS's and the embedded cloud's:
 *
 *   npm run live:diff -- live/results/2026-11-29.json live/results/2026-11-29-embedded.json
 */

function compared(name: string, one: Verdict | undefined, other: Verdict | undefined): readonly string[] {
  if (one?.seen === undefined || other?.seen === undefined) {
    return one?.seen === other?.seen ? [] : [`${name}: run in one of the two only`];
  }
  const { seen } = one;
  const { seen: there } = other;
  return differences(seen, there).map(
    (member) =>
      `${name}: ${member} is ${JSON.stringify(seen[member])} there, ${JSON.stringify(there[member])} here`,
  );
}

const [first, second] = process.argv.slice(2);
if (first === undefined || second === undefined) throw new Error('Name two files of results.');
const [there, here] = await Promise.all([readResults(first), readResults(second)]);
const names = new Set([...there.verdicts, ...here.verdicts].map(({ name }) => name));
const lines = [...names].flatMap((name) => {
  const of = ({ verdicts }: typeof there) => verdicts.find((one) => one.name === name);
  return compared(name, of(there), of(here));
});
stdout.write(lines.length === 0 ? 'No difference.\n' : `${lines.join('\n')}\n`);
process.exitCode = lines.length === 0 ? 0 : 1;
