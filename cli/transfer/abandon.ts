import { type JournalSubject, withJournal } from './journal.ts';
import { abortUpload } from './multipart.ts';
import type { Tools } from './tools.ts';
import { abortUnanswered, tryAbortUnanswered } from './unanswered.ts';

/**
 * Has the store forget what it has of an upload that an earlier run began, and forgets it here.
 * @throws {UserError} also where another run is at it.
 */
export async function abandon(subject: JournalSubject, tools: Tools): Promise<void> {
  const { edge, journals, now, signal } = tools;
  const { key } = subject;
  await withJournal(journals, subject, signal, async ({ recorded, remove }) => {
    if (recorded === undefined) return;
    const { entry, opened } = recorded;
    const since = entry.startedAt;
    if (opened === undefined) await abortUnanswered(edge, { key, since }, now);
    else {
      const instead = { key, uploadId: opened.uploadId };
      if (opened.unanswered) await tryAbortUnanswered(edge, { key, since, instead }, tools);
      await abortUpload(edge, instead);
    }
    await remove();
  });
}
