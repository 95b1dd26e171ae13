import { readFileSync } from 'node:fs';
import { argv } from 'node:process';
import { startFunction } from '../edge-function.ts';

/** Input of the process: a JSON file whose path is the only argument. */
export interface EdgeWork {
  readonly code: string;
  /** Events as JSON, handled one after another. */
  readonly events: readonly string[];
}

const { code, events } = JSON.parse(readFileSync(argv[2] ?? '', 'utf8')) as EdgeWork;
const handle = startFunction(code);

async function decideAll(): Promise<void> {
  const parsed = events.map((event) => JSON.parse(event) as unknown);
  const began = performance.now();
  for (const event of parsed) {
    if ((await handle(event)).status !== undefined) throw new Error('a request was refused');
  }
  process.stdout.write(String((performance.now() - began) / 1000 / events.length));
}

void decideAll();
