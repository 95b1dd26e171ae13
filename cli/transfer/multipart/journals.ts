import type { Context } from '../../context.ts';
import { type ErrorCode, isUserError, systemCode, UserError } from '../../errors.ts';
import { diskError } from '../../settings/files.ts';
import type { Ui } from '../../ui/ui.ts';
import { whenFree } from '../pacing/descriptors.ts';
import { type Journal, withJournal } from './journal.ts';
import type { JournalSubject } from './journal-entry.ts';

/** A journal that stops writing after the first failure: bookkeeping never fails an upload. */
export interface OptionalJournal extends Journal {
  /** The journal is on disk, so that another run can resume the upload. */
  readonly isRecorded: () => boolean;
}

/** The journals of one command. */
export interface Journals {
  /** @throws {UserError} `settings` where this computer has no such folder. */
  readonly folder: () => string;
  /**
   * Runs `work` with the journal of one upload. Where none can be kept, it warns and runs `work` without.
   * @throws {UserError} `busy` where another run has it.
   */
  use<T>(subject: JournalSubject, work: (journal: OptionalJournal) => Promise<T>): Promise<T>;
  /** Returns what `work` returns. Where journals cannot be read or written, it warns and returns `otherwise`. */
  orWarn<T>(work: () => Promise<T>, otherwise: T): Promise<T>;
}

/** A disk that is full, read-only or another user's, and files in a journal's place that are not journals. */
const TROUBLE: ReadonlySet<ErrorCode> = new Set(['disk', 'settings']);

function isJournalTrouble(error: unknown): error is UserError {
  return isUserError(error) && TROUBLE.has(error.code);
}

const NONE: OptionalJournal = {
  recorded: undefined,
  isRecorded: () => false,
  begin: async () => {},
  open: async () => {},
  add: async () => {},
  remove: async () => {},
};

/** Without its parts, a journal is still good: the store lists them. Without its first two lines, it is not. */
function optional(journal: Journal, onTrouble: (error: UserError) => void): OptionalJournal {
  let writing = true;
  let onDisk = true;
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

/** Returns journals that are never written: an upload that is interrupted starts again. */
export function noJournals(): Journals {
  return {
    folder() {
      throw new UserError('settings', 'Uploads are not recorded here, so none can be resumed.');
    },
    use: (_subject, work) => work(NONE),
    orWarn: async (_work, otherwise) => otherwise,
  };
}

interface JournalsWorld extends Pick<Context, 'signal'> {
  readonly ui: Pick<Ui, 'event'>;
  /** Whether a warning said already that nothing is recorded for the next run. */
  readonly isWarned?: (() => boolean) | undefined;
}

/**
 * Returns the journals in a folder. The first trouble with them is a warning, the others are not reported.
 * @param folder returns the folder; it throws where this computer has none.
 */
export function openJournals({ ui, signal, isWarned }: JournalsWorld, folder: () => string): Journals {
  let warned = false;
  const onTrouble = ({ message }: UserError) => {
    const text = `An interrupted upload may have to start again: ${message}`;
    if (!warned && isWarned?.() !== true) ui.event({ type: 'warning', text });
    warned = true;
  };
  return {
    folder,
    async use<T>(subject: JournalSubject, work: (journal: OptionalJournal) => Promise<T>) {
      let working: Promise<T> | undefined;
      let failure: { readonly error: unknown } | undefined;
      try {
        await whenFree(async () => {
          const locked = withJournal(folder(), subject, signal, (journal) => {
            working = work(optional(journal, onTrouble));
            return working;
          });
          // Only what fails before the work is tried again.
          await locked.catch((error: unknown) => {
            if (working === undefined) throw error;
            failure = { error };
          });
        }, signal);
        if (failure !== undefined) throw failure.error;
        if (working !== undefined) return await working;
        throw new Error('a journal was neither opened nor refused');
      } catch (error) {
        // An error of the work is thrown by this await; otherwise only its journal could not be closed.
        const done = working === undefined ? undefined : { value: await working };
        const isPlain = isUserError(error) || systemCode(error) === undefined;
        const trouble = isPlain ? error : diskError('The lock of a journal', error);
        if (!isJournalTrouble(trouble)) throw trouble;
        onTrouble(trouble);
        return done === undefined ? work(NONE) : done.value;
      }
    },
    async orWarn(work, otherwise) {
      try {
        return await work();
      } catch (error) {
        if (!isJournalTrouble(error)) throw error;
        onTrouble(error);
        return otherwise;
      }
    },
  };
}
