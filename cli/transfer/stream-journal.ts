import { randomUUID } from 'node:crypto';
import { isUserError } from '../errors.ts';
import { abandon } from './abandon.ts';
import {
  type Journal,
  type JournalEntry,
  type JournalSubject,
  listJournals,
  withJournal,
} from './journal.ts';
import type { Tools } from './tools.ts';

/** In journals, what a stream has instead of a path and of all that tells a file from another; no absolute path is like it. */
const STREAM = '-';

const NO_FILE = { size: 0, mtimeNs: '0', inode: '0', sample: STREAM, headers: STREAM };

export function isOfStream({ path }: Pick<JournalSubject, 'path'>): boolean {
  return path.startsWith(STREAM);
}

type StreamJournal = Pick<Journal, 'begin' | 'open' | 'remove'>;

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
  partSize: number,
  tools: Tools,
  work: (entry: JournalEntry, journal: StreamJournal) => Promise<T>,
): Promise<T> {
  const { edge, digester, journals, now, signal, warn } = tools;
  // Several may go to one key at the same time.
  const path = `${STREAM}${randomUUID()}`;
  const { algorithm } = digester;
  const startedAt = now().toISOString();
  const entry = { ...NO_FILE, url: edge.url, key, path, partSize, algorithm, startedAt };
  let entered = false;
  try {
    await abandonEarlier(entry, tools);
    return await withJournal(journals, entry, signal, (journal) => {
      entered = true;
      return work(entry, journal);
    });
  } catch (error) {
    if (entered || !isUserError(error) || error.code !== 'disk') throw error;
    warn(`Should this upload be killed, uploads list will not know of it: ${error.message}`);
    return work(entry, UNWRITTEN);
  }
}

/** Takes away what a killed upload of a stream has left of a key, for one that needs no journal of its own. */
export async function abandonEarlierStreams(key: string, tools: Tools): Promise<void> {
  try {
    await abandonEarlier({ url: tools.edge.url, key }, tools);
  } catch (error) {
    if (!isUserError(error) || error.code !== 'disk') throw error;
    tools.warn(`What an earlier upload may have left is not known: ${error.message}`);
  }
}

/** Takes away what others that were killed have left of the same key. */
async function abandonEarlier(
  { url, key }: Pick<JournalSubject, 'url' | 'key'>,
  tools: Tools,
): Promise<void> {
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
