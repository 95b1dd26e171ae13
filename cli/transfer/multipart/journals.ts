import { join } from 'node:path';
import { isUserError, systemCode, type UserError } from '../../errors.ts';
import { diskError } from '../../settings/disk-errors.ts';
import { namesIn, readIfThere } from '../../settings/own-files.ts';
import { orReport, withOptional } from '../../settings/records.ts';
import { whenFree } from '../sources/disk-calls.ts';
import { JOURNAL_SUFFIX, type Journal, withJournal } from './journal.ts';
import { type JournalSubject, noJournal, parseJournal, type Recorded } from './journal-entry.ts';

/** A journal that stops writing after the first failure, so that the upload continues. */
export interface OptionalJournal extends Journal {
  /** The journal is on disk, so that another run can resume the upload. */
  readonly isRecorded: () => boolean;
}

/** The journals of one command. The first trouble with them is a warning. */
export interface Journals {
  /** @throws {UserError} `settings` if this computer has no such folder. */
  readonly folder: () => string;
  /**
   * Returns the folder in which an earlier run can have left journals; `undefined` if this computer has none. An upload that
   * records a journal warns of that.
   */
  readonly earlierFolder: () => string | undefined;
  /** Called if journals cannot be read or written; the upload continues. */
  readonly onTrouble: (error: UserError) => void;
}

const NONE: OptionalJournal = {
  recorded: undefined,
  isRecorded: () => false,
  begin: async () => {},
  open: async () => {},
  add: async () => {},
  remove: async () => {},
};

/** A journal without its parts is usable, because the store lists them. Without its first two lines, it is not. */
function optional(journal: Journal, onTrouble: (error: UserError) => void): OptionalJournal {
  let writing = true;
  let onDisk = true;
  const attempt = (write: () => Promise<void>) =>
    orReport(write, (error) => {
      writing = false;
      onTrouble(error);
    });
  const mustWrite = async (write: () => Promise<void>) => {
    if (writing) await attempt(write);
    onDisk = writing;
  };
  return {
    recorded: journal.recorded,
    isRecorded: () => onDisk,
    begin: (entry) => mustWrite(() => journal.begin(entry)),
    open: (opened) => mustWrite(() => journal.open(opened)),
    async add(part) {
      if (writing) await attempt(() => journal.add(part));
    },
    remove: () => attempt(() => journal.remove()),
  };
}

/**
 * Runs `work` with the journal of one upload. If there are no journals or none can be written, runs `work` without one.
 * @throws {UserError} `busy` if another run uses it.
 */
export async function useJournal<T>(
  journals: Journals | undefined,
  subject: JournalSubject,
  signal: AbortSignal,
  work: (journal: OptionalJournal) => Promise<T>,
): Promise<T> {
  if (journals === undefined) return work(NONE);
  const { folder, onTrouble } = journals;
  const open = (use: typeof work) =>
    withFreeJournal(folder, subject, signal, (journal) => use(optional(journal, onTrouble)));
  return withOptional(open, work, async () => NONE, onTrouble);
}

/** Like `withJournal`, but tries again until a descriptor is free. Once the work has begun, its error is final. */
async function withFreeJournal<T>(
  folder: () => string,
  subject: JournalSubject,
  signal: AbortSignal,
  work: (journal: Journal) => Promise<T>,
): Promise<T> {
  let begun = false;
  const begin = (journal: Journal) => {
    begun = true;
    return work(journal);
  };
  const attempt = async (): Promise<() => T> => {
    try {
      const value = await withJournal(folder(), subject, signal, begin);
      return () => value;
    } catch (error) {
      if (!begun) throw error;
      return () => {
        throw error;
      };
    }
  };
  try {
    const result = await whenFree(attempt, signal);
    return result();
  } catch (error) {
    if (isUserError(error) || systemCode(error) === undefined) throw error;
    throw diskError('The lock of a journal', error);
  }
}

/**
 * All unfinished uploads of this computer, the oldest first.
 * @param onOdd called for each file that is not a journal.
 */
export async function listJournals(
  folder: string,
  onOdd: (error: UserError) => void,
): Promise<readonly Recorded[]> {
  const found: Recorded[] = [];
  const names = await whenFree(() => namesIn(folder));
  for (const name of names.filter((name) => name.endsWith(JOURNAL_SUFFIX)).sort()) {
    const path = join(folder, name);
    try {
      const text = await readIfThere(path);
      const recorded = text === undefined ? undefined : parseJournal(text, path);
      if (recorded !== undefined) found.push(recorded);
      else if (text !== undefined) onOdd(noJournal(path));
    } catch (error) {
      if (!isUserError(error)) throw error;
      onOdd(error);
    }
  }
  return found.sort((a, b) => a.entry.startedAt.localeCompare(b.entry.startedAt));
}
