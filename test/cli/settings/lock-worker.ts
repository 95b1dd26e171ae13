import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { argv, stdout } from 'node:process';
import { withLock } from '../../../cli/settings/lock.ts';

/** `count <path> <times>`: adds to the number in a file under its lock. `hold <path>`: takes the lock and keeps it. */
const [, , what, path = '', times = '1'] = argv;

if (what === 'hold') {
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
