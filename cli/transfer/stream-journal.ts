import { randomUUID } from 'node:crypto';
import { isUserError } from '../errors.ts';
import { abandon } from './abandon.ts';
import { type Journal, type JournalSubject, listJournals, withJournal } from './journal.ts';
import type { Tools } from './tools.ts';

/** In journals, what a stream has instead of a path and of all that tells a file from another; no absolute path is like it. */
export const STREAM = '-';

export function isOfStream({ path }: Pick<JournalSubject, 'path'>): boolean {
  return path.startsWith(STREAM);
}

export type StreamJournal = Pick<Journal, 'begin' | 'open' | 'remove'>;

const UNWRITTEN: StreamJournal = {
  begin: async () => {},
  open: async () => {},
  remove: async () => {},
};

/**
 * Runs `work` with a journal of an upload that cannot be gone on from, only be taken away: by the next one to the same key,
 * or by `uploads abort`. Unlike a file, a stream is uploaded where nothing can be written, too.
 */
export async function withStreamJournal<T>(
  key: string,
  tools: Tools,
  work: (subject: JournalSubject, journal: StreamJournal) => Promise<T>,
): Promise<T> {
  const { edge, journals, signal, warn } = tools;
  // Several may go to one key at the same time.
  const subject = { url: edge.url, key, path: `${STREAM}${randomUUID()}` };
  let entered = false;
  try {
    await abandonEarlier(subject, tools);
    return await withJournal(journals, subject, signal, (journal) => {
      entered = true;
      return work(subject, journal);
    });
  } catch (error) {
    if (entered || !isUserError(error) || error.code !== 'disk') throw error;
    warn(`Should this upload be killed, uploads list will not know of it: ${error.message}`);
    return work(subject, UNWRITTEN);
  }
}

/** Takes away what others that were killed have left of the same key. */
async function abandonEarlier({ url, key }: JournalSubject, tools: Tools): Promise<void> {
  for (const { entry } of await listJournals(tools.journals)) {
    if (!isOfStream(entry) || entry.url !== url || entry.key !== key) continue;
    try {
      await abandon(entry, tools);
    } catch (error) {
      // One that is still under way is its own affair.
      if (!isUserError(error) || error.code !== 'busy') throw error;
    }
  }
}
