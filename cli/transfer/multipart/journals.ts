import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.ts';
import { isUserError, systemCode, UserError } from '../../errors.ts';
import { diskError } from '../../settings/disk-errors.ts';
import { folders } from '../../settings/folders.ts';
import { readIfThere } from '../../settings/own-files.ts';
import { isRecordTrouble, withOptional } from '../../settings/records.ts';
import type { Ui } from '../../ui/ui.ts';
import { whenFree } from '../sources/disk-calls.ts';
import { type Journal, SUFFIX, withJournal } from './journal.ts';
import { type JournalSubject, noJournal, parseJournal, type Recorded } from './journal-entry.ts';

/** A journal that stops writing after the first failure, so that the upload continues. */
export interface OptionalJournal extends Journal {
  /** The journal is on disk, so that another run can resume the upload. */
  readonly isRecorded: () => boolean;
}

/** The journals of one command. */
export interface Journals {
  /** @throws {UserError} `settings` if this computer has no such folder. */
  readonly folder: () => string;
  /**
   * Runs `work` with the journal of one upload. If no journal can be written, warns and runs `work` without one.
   * @throws {UserError} `busy` if another run uses it.
   */
  use<T>(subject: JournalSubject, work: (journal: OptionalJournal) => Promise<T>): Promise<T>;
  /** Returns the result of `work`. If journals cannot be read or written, warns and returns `otherwise`. */
  orWarn<T>(work: () => Promise<T>, otherwise: T): Promise<T>;
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
  const attempt = async (write: () => Promise<void>) => {
    try {
      await write();
    } catch (error) {
      if (!isRecordTrouble(error)) throw error;
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
  /** Whether a warning already reported that nothing is recorded for the next run. */
  readonly isWarned?: (() => boolean) | undefined;
}

/**
 * Returns the journals in a folder. The first trouble with them is a warning, the others are not reported.
 * @param folder returns the folder; it throws if this computer has none.
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
    use<T>(subject: JournalSubject, work: (journal: OptionalJournal) => Promise<T>) {
      const opened = async (run: (journal: OptionalJournal) => Promise<T>) => {
        const open = async () => {
          let started = false;
          try {
            const value = await withJournal(folder(), subject, signal, (journal) => {
              started = true;
              return run(optional(journal, onTrouble));
            });
            return () => value;
          } catch (error) {
            // Only a failure before the work starts is retried.
            if (!started) throw error;
            return () => {
              throw error;
            };
          }
        };
        try {
          const result = await whenFree(open, signal);
          return result();
        } catch (error) {
          if (isUserError(error) || systemCode(error) === undefined) throw error;
          throw diskError('The lock of a journal', error);
        }
      };
      return withOptional(opened, work, async () => NONE, onTrouble);
    },
    async orWarn(work, otherwise) {
      try {
        return await work();
      } catch (error) {
        if (!isRecordTrouble(error)) throw error;
        onTrouble(error);
        return otherwise;
      }
    },
  };
}

type Place = Pick<Context, 'env' | 'platform' | 'home'>;

/** Returns the folder of the journals of this computer's user. */
export function journalFolder(place: Place): string {
  return join(folders(place).state, 'uploads');
}

/** The ids of all journals, locked ones included. */
export async function journalIds(folder: string): Promise<ReadonlySet<string>> {
  return new Set((await journalNames(folder)).map((name) => name.slice(0, -SUFFIX.length)));
}

/** The folder of journals does not exist. */
const NOT_THERE: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR']);

async function journalNames(folder: string): Promise<readonly string[]> {
  try {
    return (await whenFree(() => readdir(folder))).filter((name) => name.endsWith(SUFFIX)).sort();
  } catch (error) {
    if (NOT_THERE.has(systemCode(error))) return [];
    throw diskError(folder, error);
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
  for (const name of await journalNames(folder)) {
    const path = join(folder, name);
    try {
      const text = await readIfThere(path);
      const recorded = text === undefined ? undefined : parseJournal(text);
      if (recorded !== undefined) found.push(recorded);
      else if (text !== undefined) onOdd(noJournal(path));
    } catch (error) {
      if (!isUserError(error)) throw error;
      onOdd(error);
    }
  }
  return found.sort((a, b) => a.entry.startedAt.localeCompare(b.entry.startedAt));
}
