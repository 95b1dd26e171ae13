import { differences, type Verdict } from './probe.ts';
import type { Results } from './results.ts';

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
