import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/*
 * Records the processor time of a test file's process and of the processes that it waited for. `test/run.ts` compiles this
 * module into each test file, and reads the records.
 */

/** File in the folder of the compiled tests, with a line of JSON for each test file. */
export const PROCESSOR_TIMES = 'processor-times';

/** Clock ticks a second in `/proc`, the same on every platform that Node supports. */
const TICKS = 100;

/** Seconds of this process and of its children; outside Linux, of this process alone. */
function processorSeconds(): number {
  if (process.platform === 'linux') {
    // proc(5): the command's name is in parentheses; utime, stime, cutime and cstime are the 12th to 15th fields after it.
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS;
  }
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

const { COMPILED_TESTS: compiled } = process.env;
const [, file = ''] = process.argv;
if (compiled !== undefined && file.startsWith(compiled)) {
  process.on('exit', () => {
    const line = JSON.stringify({ file, seconds: processorSeconds() });
    appendFileSync(join(compiled, PROCESSOR_TIMES), `${line}\n`);
  });
}
