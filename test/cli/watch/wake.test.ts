import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { watchHints } from '../../../cli/watch/wake.ts';
import { ownFolder } from '../transfer/helpers/uploading.ts';

/** Watches a folder. `next` returns a promise of the next hint; call it before the change. */
function hintsOf(folder: string) {
  let hint = () => {};
  const hints = watchHints(folder, () => hint());
  const next = () =>
    new Promise<void>((resolve) => {
      hint = resolve;
    });
  return { ...hints, next };
}

test('gets file events again after the folder vanished, returned or was replaced', async (t) => {
  const home = await ownFolder(t);
  const folder = join(home, 'in');
  const { next, renew, end } = hintsOf(folder);
  t.after(end);
  const arrives = async (name: string) => {
    const hint = next();
    await writeFile(join(folder, name), name);
    await hint;
  };
  // The folder does not exist at first.
  renew();
  await mkdir(folder);
  renew();
  await arrives('first');
  await rm(folder, { recursive: true });
  renew();
  await mkdir(folder);
  renew();
  await arrives('second');
  // Another folder replaces it between two checks.
  await mkdir(join(home, 'other'));
  await rename(folder, join(home, 'old'));
  await rename(join(home, 'other'), folder);
  renew();
  await arrives('third');
});
