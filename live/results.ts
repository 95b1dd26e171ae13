import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Verdict } from './probe.ts';
import type { Redact } from './redact.ts';

/** Folder of the results. */
export const RESULTS = join(import.meta.dirname, 'results');

/** The results of one run. */
export interface Results {
  /** ISO 8601. */
  readonly at: string;
  readonly target: 'aws' | 'embedded';
  readonly version: string;
  readonly verdicts: readonly Verdict[];
}

/** Returns the default file of a run. Results of the embedded cloud have another name than results of AWS. */
export function defaultFile({ at, target }: Results): string {
  return join(RESULTS, `${at.slice(0, 10)}${target === 'aws' ? '' : '-embedded'}.json`);
}

/** Returns JSON of redacted texts. Redacts before serializing, because JSON escapes quotation marks in a password. */
function redactedJson(value: unknown, redact: Redact, indent?: number): string {
  return JSON.stringify(value, (_name, one) => (typeof one === 'string' ? redact(one) : one), indent);
}

/** Writes redacted results, which identify no account and contain no credentials. */
export async function writeResults(file: string, results: Results, redact: Redact): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${redactedJson(results, redact, 2)}\n`);
}

export async function readResults(file: string): Promise<Results> {
  return JSON.parse(await readFile(file, 'utf8')) as Results;
}

const MARKS = { confirmed: '✔', differs: '✖', 'not run': '-' } as const;

/** Returns the verdicts as readable lines. */
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
