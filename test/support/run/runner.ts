import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { PROCESSOR_TIMES } from './processor-time.ts';

/*
 * Runs the test files that a JSON array on standard input lists. Node passes its own arguments to the process of each
 * file, so this program runs without a loader, which would take a third of a second in each.
 */

/** Time limit of a test file in milliseconds: twice what the slowest takes on two busy cores. Each test has its own limit. */
const FILE_LIMIT_MS = 900_000;
const SLOWEST_SHOWN = 12;

interface Measured {
  readonly name: string;
  readonly seconds: number;
}

/** Prints the largest measured values. */
function show(title: string, measured: readonly Measured[]): void {
  process.stdout.write(`\n${title}:\n`);
  const largest = measured.toSorted((one, other) => other.seconds - one.seconds).slice(0, SLOWEST_SHOWN);
  for (const { name, seconds } of largest)
    process.stdout.write(`${seconds.toFixed(1).padStart(7)} s  ${name}\n`);
}

/** Returns the processor time of each test file. */
async function processorTimes(compiled: string, files: readonly string[]): Promise<Measured[]> {
  const lines = (await readFile(join(compiled, PROCESSOR_TIMES), 'utf8')).trim().split('\n');
  return lines
    .map((line) => JSON.parse(line) as { file: string; seconds: number })
    .filter(({ file }) => files.includes(file))
    .map(({ file, seconds }) => ({ name: relative(join(compiled, 'test'), file), seconds }));
}

const files = JSON.parse(await text(process.stdin)) as readonly string[];
// Tests spend half of their time waiting for processes to start and for each other. Three files at a time for each core take
// as long as two, with 6 % more processor time.
const stream = run({ files: [...files], concurrency: 2 * availableParallelism(), timeout: FILE_LIMIT_MS });
const durations: Measured[] = [];
stream.on('test:pass', ({ name, nesting, file, details }) => {
  if (nesting === 0 && name !== file) durations.push({ name, seconds: details.duration_ms / 1000 });
});
stream.on('test:fail', ({ todo }) => {
  if (todo === undefined || todo === false) process.exitCode = 1;
});
await pipeline(stream, new spec(), process.stdout, { end: false });

show('The slowest tests', durations);
const times = await processorTimes(process.env.COMPILED_TESTS ?? '', files);
const total = times.reduce((sum, { seconds }) => sum + seconds, 0);
show(`Processor time of the files, ${total.toFixed(0)} s in all`, times);
