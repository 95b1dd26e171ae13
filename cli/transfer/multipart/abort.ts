import { isUserError } from '../../errors.ts';
import type { EdgeClient } from '../wire/edge-client.ts';
import { type Journal, listJournals, withJournal } from './journal.ts';
import { isOfStream, type JournalSubject, unansweredSince } from './journal-entry.ts';
import type { Journals } from './journals.ts';
import { abortUpload, type OpenUpload } from './requests.ts';
import { tryAbortUnanswered, type UnansweredContext } from './unanswered.ts';

/** What the store may have of an unfinished upload. */
export interface Unfinished {
  readonly key: string;
  /** Absent where its opening was never answered. */
  readonly open?: OpenUpload | undefined;
  /** Since when another upload of unknown id may be open; ISO 8601. */
  readonly unansweredSince?: string | undefined;
}

export interface AbortContext extends UnansweredContext {
  readonly edge: EdgeClient;
  readonly journals: Journals;
  readonly signal: AbortSignal;
}

/** Aborts an upload at the store, then deletes its journal. */
export async function abortUnfinished(
  edge: EdgeClient,
  { key, open, unansweredSince: since }: Unfinished,
  journal: Pick<Journal, 'remove'>,
  context: UnansweredContext,
): Promise<void> {
  if (since !== undefined) {
    await tryAbortUnanswered(edge, { key, since, ...(open && { instead: open }) }, context);
  }
  if (open !== undefined) await abortUpload(edge, open);
  await journal.remove();
}

/**
 * Aborts the upload that an earlier run left in a journal.
 * @throws {UserError} also `busy` where another run has the journal.
 */
export async function abortRecorded(subject: JournalSubject, context: AbortContext): Promise<void> {
  const { edge, journals, signal } = context;
  const { key } = subject;
  await withJournal(journals.folder(), subject, signal, async (journal) => {
    const { recorded } = journal;
    if (recorded === undefined) return;
    const open = recorded.opened && { key, uploadId: recorded.opened.uploadId };
    await abortUnfinished(edge, { key, open, unansweredSince: unansweredSince(recorded) }, journal, context);
  });
}

/** Aborts what killed uploads of a stream left of a key. */
export async function abortEarlierStreams(key: string, context: AbortContext): Promise<void> {
  const { edge, journals } = context;
  await journals.orWarn(async () => {
    // Files that are not journals have nothing of this key.
    const known = await listJournals(journals.folder(), () => {});
    for (const { entry } of known) {
      if (!isOfStream(entry) || entry.url !== edge.url || entry.key !== key) continue;
      await abortRecorded(entry, context).catch((error: unknown) => {
        // One that another run still sends is left to it.
        if (!isUserError(error) || error.code !== 'busy') throw error;
      });
    }
  }, undefined);
}
