import { isUserError } from '../../errors.ts';
import type { Tools } from '../tools.ts';
import type { EdgeClient } from '../wire/edge-client.ts';
import { isJournalTrouble } from './any-journal.ts';
import { type Journal, type JournalSubject, unansweredSince, withJournal } from './journal.ts';
import { abortUpload, type OpenUpload } from './multipart.ts';
import { tryAbortUnanswered, type Unanswered } from './unanswered.ts';

/** What the store may have of an upload. */
export interface Leavings {
  readonly key: string;
  /** Absent where its opening was never answered. */
  readonly open?: OpenUpload | undefined;
  /** Since when another may be open whose id is not known; ISO 8601. */
  readonly unansweredSince?: Unanswered['since'] | undefined;
}

/** Has the store forget it, and forgets it here once that is done. */
async function takeAway(
  edge: EdgeClient,
  { key, open, unansweredSince: since }: Leavings,
  journal: Pick<Journal, 'remove'>,
  tools: Tools,
): Promise<void> {
  if (since !== undefined) {
    await tryAbortUnanswered(edge, { key, since, ...(open && { instead: open }) }, tools);
  }
  if (open !== undefined) await abortUpload(edge, open);
  await journal.remove();
}

/**
 * Has the store forget what it has of an upload that an earlier run began, and forgets it here.
 * @throws {UserError} also where another run is at it.
 */
export async function abandon(subject: JournalSubject, tools: Tools): Promise<void> {
  const { edge, journals, signal } = tools;
  const { key } = subject;
  await withJournal(journals(), subject, signal, async (journal) => {
    const { recorded } = journal;
    if (recorded === undefined) return;
    const { opened } = recorded;
    const open = opened && { key, uploadId: opened.uploadId };
    await takeAway(edge, { key, open, unansweredSince: unansweredSince(recorded) }, journal, tools);
  });
}

/** The same before the upload of the same file: a journal that cannot be read or removed does not keep it from that. */
export async function abandonIfPossible(subject: JournalSubject, tools: Tools): Promise<void> {
  try {
    await abandon(subject, tools);
  } catch (error) {
    if (!isJournalTrouble(error)) throw error;
    tools.onJournalTrouble(error);
  }
}

/** Takes away an upload of this run that cannot be finished. Why it cannot is the error that counts. */
export async function giveBack(
  leavings: Leavings,
  journal: Pick<Journal, 'remove'>,
  tools: Tools,
): Promise<void> {
  try {
    await takeAway(tools.closing, leavings, journal, tools);
  } catch (error) {
    // The journal stays, and with it `uploads abort`.
    if (!isUserError(error)) throw error;
  }
}
