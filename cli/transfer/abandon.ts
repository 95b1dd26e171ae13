import { type JournalSubject, withJournal } from './journal.ts';
import { abortUpload } from './multipart.ts';
import type { Tools } from './tools.ts';
import { tryAbortUnanswered } from './unanswered.ts';

/**
 * Has the store forget what it has of an upload that an earlier run began, and forgets it here.
 * @throws {UserError} also where another run is at it.
 */
export async function abandon(subject: JournalSubject, tools: Tools): Promise<void> {
  const { edge, journals, signal } = tools;
  const { key } = subject;
  await withJournal(journals, subject, signal, async ({ recorded, remove }) => {
    if (recorded === undefined) return;
    const { entry, opened } = recorded;
    const open = opened && { key, uploadId: opened.uploadId };
    if (opened?.unanswered ?? true) {
      await tryAbortUnanswered(edge, { key, since: entry.startedAt, ...(open && { instead: open }) }, tools);
    }
    if (open !== undefined) await abortUpload(edge, open);
    await remove();
  });
}
