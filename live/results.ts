import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Verdict } from './probe.ts';
import type { Redact } from './redact.ts';

/** Where results are kept. */
export const RESULTS = join(import.meta.dirname, 'results');

/** One run. */
export interface Results {
  /** ISO 8601. */
  readonly at: string;
  readonly target: 'aws' | 'embedded';
  readonly version: string;
  readonly verdicts: readonly Verdict[];
}

/** The file of a run if none is named. Results of the embedded cloud have a name of their own, so that none passes for AWS's. */
export function usualFile({ at, target }: Results): string {
  return join(RESULTS, `${at.slice(0, 10)}${target === 'aws' ? '' : '-embedded'}.json`);
}

/** Returns JSON of redacted texts. JSON escapes quotation marks: a password with one would not be found in it. */
function redactedJson(value: unknown, redact: Redact, indent?: number): string {
  return JSON.stringify(value, (_name, one) => (typeof one === 'string' ? redact(one) : one), indent);
}

/** Writes results, and nothing that identifies the account or lets anybody in. */
export async function writeResults(file: string, results: Results, redact: Redact): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${redactedJson(results, redact, 2)}\n`);
}

export async function readResults(file: string): Promise<Results> {
  return JSON.parse(await readFile(file, 'utf8')) as Results;
}

const MARKS = { confirmed: '✔', differs: '✖', 'not run': '-' } as const;

/** Returns the verdicts as lines for people. */
export function verdictLines({ verdicts }: Results, redact: Redact): readonly string[] {
  return verdicts.flatMap(({ name, claim, verdict, expected, seen, reason }) => [
    `${MARKS[verdict]} ${verdict.padEnd(9)} ${name}`,
    `              ${claim}`,
    ...(verdict === 'differs'
      ? [
          `              expected ${JSON.stringify(expected)}`,
          `              seen     ${redactedJson(seen, redact)}`,
        ]
      : []),
    ...(reason === undefined ? [] : [`              ${redact(reason)}`]),
  ]);
}
