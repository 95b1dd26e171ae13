import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setImmediate as untilNextTurn } from 'node:timers/promises';
import type { TransferMeter } from '../progress.ts';
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

/** Milliseconds after which several files are counted for the progress, because counting takes time too. */
const COUNT_AFTER_MS = 1_500;

/** Sets the meter's number of files and bytes. Unreadable files are reported when they are uploaded. */
export function expectTotals(sources: Sources, meter: TransferMeter): { stop(): void } {
  const stopping = new AbortController();
  const count = async () => {
    const totals = await countItems(sources, stopping.signal);
    if (totals !== undefined) meter.expect(totals);
  };
  let timer: NodeJS.Timeout | undefined;
  if (sources.repeatable && !sources.several) meter.expect({ files: 1 });
  // What fails here fails in the upload too, which reports it.
  else if (sources.repeatable) timer = setTimeout(() => void count().catch(() => {}), COUNT_AFTER_MS);
  return {
    stop() {
      stopping.abort();
      clearTimeout(timer);
    },
  };
}
