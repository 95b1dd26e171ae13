import type { Tools } from '../tools.ts';
import type { Upload } from '../whole.ts';
import type { Journal, JournalEntry } from './journal.ts';
import { createUpload, type OpenUpload } from './multipart.ts';

export interface Opening {
  readonly upload: Pick<Upload, 'key' | 'headers'>;
  readonly entry: JournalEntry;
  /** An earlier run asked for it at `entry.startedAt` and was not answered. */
  readonly unanswered: boolean;
  /** What may still forbid it; nothing is opened where it throws. */
  readonly check?: () => Promise<void>;
}

interface OpenedUpload {
  readonly open: OpenUpload;
  /** Since when another may be open whose id is not known; ISO 8601. */
  readonly unansweredSince: string | undefined;
}

/**
 * Opens an upload at the store. That it is being opened is on disk before, so that a run that ends before the answer leaves
 * word of it.
 */
export async function openUpload(
  journal: Pick<Journal, 'begin' | 'open' | 'remove'>,
  { upload, entry, check, ...opening }: Opening,
  { edge, pool }: Pick<Tools, 'edge' | 'pool'>,
): Promise<OpenedUpload> {
  let { unanswered } = opening;
  const create = async () => {
    await check?.();
    await journal.begin(entry);
    return pool.run(() =>
      createUpload(edge, upload, entry.algorithm, () => {
        unanswered = true;
      }),
    );
  };
  const open = await create().catch(async (error: unknown) => {
    if (!unanswered) await journal.remove();
    throw error;
  });
  await journal.open({ uploadId: open.uploadId, unanswered });
  return { open, unansweredSince: unanswered ? entry.startedAt : undefined };
}
