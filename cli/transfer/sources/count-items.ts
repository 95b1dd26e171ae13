import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setImmediate as untilNextTurn } from 'node:timers/promises';
import { CLOCK } from '../wire/retry.ts';
import { createDiskCalls, type DiskCalls } from './disk-calls.ts';
import type { FilePath } from './file-path.ts';
import type { Sources } from './sources.ts';

/** What is to be uploaded. */
interface Totals {
  readonly files: number;
  readonly bytes: number;
}

/**
 * Counts the items of repeatable sources and their bytes. Unreadable files have none. Between batches, transfers that
 * wait for this thread continue.
 * @returns `undefined` if the signal was aborted before.
 */
export async function countItems(sources: Sources, signal: AbortSignal): Promise<Totals | undefined> {
  const disk = createDiskCalls(CLOCK.now);
  let files = 0;
  let bytes = 0;
  for await (const batch of sources.batches(() => {})) {
    const sizes = batch.map((item) => (item.kind === 'file' ? sizeOf(item.path, disk) : 0));
    for (const size of await Promise.all(sizes)) bytes += size;
    files += batch.length;
    await untilNextTurn();
    if (signal.aborted) return undefined;
  }
  return { files, bytes };
}

async function sizeOf(path: FilePath, disk: DiskCalls): Promise<number> {
  try {
    const stats = await disk.run(
      () => statSync(path),
      () => stat(path),
    );
    return stats.size;
  } catch {
    // Its upload reports the error.
    return 0;
  }
}
