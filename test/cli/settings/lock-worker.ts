import { closeSync, openSync } from 'node:fs';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { argv, stdout } from 'node:process';
import { withLock } from '../../../cli/settings/lock.ts';

/*
 * `count <path> <times>`: adds to the number in a file under its lock. `hold <path>`: takes the lock and keeps it.
 * `exhaust <path>`: works without a descriptor, before the lock and while it is held.
 */
const [, , what, path = '', times = '1'] = argv;

const taken: number[] = [];

/** Opens files until the process has no descriptor left. */
function exhaust(): void {
  try {
    for (;;) taken.push(openSync(argv[0] ?? '', 'r'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EMFILE') throw error;
  }
}

function free(): void {
  for (const descriptor of taken.splice(0)) closeSync(descriptor);
}

if (what === 'exhaust') {
  exhaust();
  const before = await withLock(path, async () => 'before', { orWithout: true });
  free();
  const during = await withLock(path, async () => {
    exhaust();
    return 'during';
  });
  free();
  stdout.write(`${before} ${during}`);
} else if (what === 'hold') {
  await withLock(path, () => {
    stdout.write('held\n');
    return new Promise<never>(() => setInterval(() => {}, 1_000));
  });
} else {
  for (let time = 0; time < Number(times); time += 1) {
    await withLock(path, async () => {
      await appendFile(`${path}.trace`, '(');
      const value = Number(await readFile(path, 'utf8'));
      await writeFile(path, String(value + 1));
      await appendFile(`${path}.trace`, ')');
    });
  }
}
