import { type ErrorCode, isUserError, systemCode, type UserError } from '../../errors.ts';
import { diskError } from '../../settings/files.ts';
import { whenFree } from '../pacing/descriptors.ts';
import type { Tools } from '../tools.ts';
import { type Journal, type JournalSubject, withJournal } from './journal.ts';

/** A journal of an upload, or the lack of one: bookkeeping never fails the work. */
export interface AnyJournal extends Journal {
  /** What was written down is on disk: another run can resume the upload. */
  readonly isKept: () => boolean;
}

/** A disk that is full, read-only or not ours, and files in a journal's place that are none. */
const TROUBLE: ReadonlySet<ErrorCode> = new Set(['disk', 'settings']);

export function isJournalTrouble(error: unknown): error is UserError {
  return isUserError(error) && TROUBLE.has(error.code);
}

const lockError = (error: unknown) => diskError('The lock of a journal', error);

const NONE: AnyJournal = {
  recorded: undefined,
  isKept: () => false,
  begin: async () => {},
  open: async () => {},
  add: async () => {},
  remove: async () => {},
};

/**
 * Writes as long as that works; after a failure nothing more is written. Without a part in it, a journal is still good: the
 * store lists its parts.
 */
function lenient(journal: Journal, onTrouble: (error: UserError) => void): AnyJournal {
  let writing = true;
  let kept = true;
  const attempt = async (write: () => Promise<void>) => {
    try {
      await write();
    } catch (error) {
      if (!isJournalTrouble(error)) throw error;
      writing = false;
      onTrouble(error);
    }
  };
  const mustWrite = async (write: () => Promise<void>) => {
    if (writing) await attempt(write);
    kept = writing;
  };
  return {
    recorded: journal.recorded,
    isKept: () => kept,
    begin: (entry) => mustWrite(() => journal.begin(entry)),
    open: (opened) => mustWrite(() => journal.open(opened)),
    async add(part) {
      if (writing) await attempt(() => journal.add(part));
    },
    remove: () => attempt(() => journal.remove()),
  };
}

/**
 * Runs `work` with the journal of one upload where one can be kept, and without one elsewhere; that is a warning.
 * @throws {UserError} `busy` where another run has it.
 */
export async function withAnyJournal<T>(
  subject: JournalSubject,
  { journals, signal, onJournalTrouble }: Pick<Tools, 'journals' | 'signal' | 'onJournalTrouble'>,
  work: (journal: AnyJournal) => Promise<T>,
): Promise<T> {
  let working: Promise<T> | undefined;
  let failure: { readonly error: unknown } | undefined;
  try {
    await whenFree(async () => {
      const locked = withJournal(journals(), subject, signal, (journal) => {
        working = work(lenient(journal, onJournalTrouble));
        return working;
      });
      // What fails once the work has begun is not tried again.
      await locked.catch((error: unknown) => {
        if (working === undefined) throw error;
        failure = { error };
      });
    }, signal);
    if (failure !== undefined) throw failure.error;
    if (working !== undefined) return await working;
    throw new Error('a journal was neither opened nor refused');
  } catch (error) {
    // After the work, only its journal could not be closed; an error of the work's own is thrown here.
    const done = working === undefined ? undefined : { value: await working };
    const trouble = isUserError(error) || systemCode(error) === undefined ? error : lockError(error);
    if (!isJournalTrouble(trouble)) throw trouble;
    onJournalTrouble(trouble);
    return done === undefined ? work(NONE) : done.value;
  }
}
