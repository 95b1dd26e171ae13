import { randomUUID } from 'node:crypto';
import { isUserError } from '../../errors.ts';
import type { Tools } from '../tools.ts';
import { abandon } from './abandon.ts';
import { type AnyJournal, isJournalTrouble, withAnyJournal } from './any-journal.ts';
import { type JournalEntry, type JournalSubject, listJournals } from './journal.ts';

/** In journals, what a stream has instead of a path and of all that tells a file from another; no absolute path is like it. */
const STREAM = '-';

const NO_FILE = { size: 0, mtimeNs: '0', inode: '0', sample: STREAM, headers: STREAM };

export function isOfStream({ path }: Pick<JournalSubject, 'path'>): boolean {
  return path.startsWith(STREAM);
}

/**
 * Runs `work` with a journal of an upload that cannot be gone on from, only be taken away: by the next one to the same key,
 * or by `uploads abort`. Unlike a file, a stream is uploaded where nothing can be written, too.
 */
export async function withStreamJournal<T>(
  key: string,
  partSize: number,
  tools: Tools,
  work: (entry: JournalEntry, journal: AnyJournal) => Promise<T>,
): Promise<T> {
  const { edge, digester, now } = tools;
  // Several may go to one key at the same time.
  const path = `${STREAM}${randomUUID()}`;
  const { algorithm } = digester;
  const startedAt = now().toISOString();
  const entry = { ...NO_FILE, url: edge.url, key, path, partSize, algorithm, startedAt };
  await abandonEarlierStreams(key, tools);
  return withAnyJournal(entry, tools, (journal) => work(entry, journal));
}

/** Takes away what killed uploads of a stream have left of a key; what cannot be read is not known. */
export async function abandonEarlierStreams(key: string, tools: Tools): Promise<void> {
  const { edge, journals, onJournalTrouble } = tools;
  try {
    // Files that are no journals are none of this key's.
    const known = await listJournals(journals(), () => {});
    for (const { entry } of known) {
      if (isOfStream(entry) && entry.url === edge.url && entry.key === key)
        await abandonEarlier(entry, tools);
    }
  } catch (error) {
    if (!isJournalTrouble(error)) throw error;
    onJournalTrouble(error);
  }
}

async function abandonEarlier(entry: JournalEntry, tools: Tools): Promise<void> {
  try {
    await abandon(entry, tools);
  } catch (error) {
    // One that is still under way is its own affair.
    if (!isUserError(error) || error.code !== 'busy') throw error;
  }
}
