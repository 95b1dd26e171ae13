import { createHash } from 'node:crypto';
import { type FileHandle, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.ts';
import { isUserError, systemCode, UserError } from '../../errors.ts';
import { diskError } from '../../settings/disk-errors.ts';
import { folders } from '../../settings/folders.ts';
import { withLock } from '../../settings/lock.ts';
import { openToAppend, readIfThere, replaceFile } from '../../settings/own-files.ts';
import {
  FORMAT,
  type JournalEntry,
  type JournalSubject,
  noJournal,
  type Opened,
  parseJournal,
  type Recorded,
} from './journal-entry.ts';
import type { StoredPart } from './requests.ts';

/** The journal of one upload, locked against other processes. */
export interface Journal {
  /** What an earlier run wrote; absent in a new journal. */
  readonly recorded: Recorded | undefined;
  /** Replaces the journal; on disk before it returns. */
  begin(entry: JournalEntry): Promise<void>;
  /** On disk before it returns. */
  open(opened: Opened): Promise<void>;
  add(part: StoredPart): Promise<void>;
  remove(): Promise<void>;
}

type Place = Pick<Context, 'env' | 'platform' | 'home'>;

/** Wait for another run that uploads the same file to the same key, milliseconds. */
const WAIT_MS = 1_000;

const SUFFIX = '.jsonl';

/** There is no folder of journals. */
const NOT_THERE: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR']);

export function journalFolder(place: Place): string {
  return join(folders(place).state, 'uploads');
}

/** The id that `uploads list` shows and `uploads abort` takes; also the journal's file name. */
export function journalId({ url, key, path }: JournalSubject): string {
  return createHash('sha256')
    .update(JSON.stringify([url, key, path]))
    .digest('hex')
    .slice(0, 16);
}

/*
 * A journal is a file of JSON lines: the entry, the upload's id, and one line for each stored part. Lines are only ever
 * added, so a crash leaves at worst a torn last line, which is skipped. Lines count only where the store's own list agrees.
 */

/**
 * Runs `work` with the journal of one upload, locked against other processes.
 * @throws {UserError} `busy` where another run has it.
 */
export async function withJournal<T>(
  folder: string,
  subject: JournalSubject,
  signal: AbortSignal,
  work: (journal: Journal) => Promise<T>,
): Promise<T> {
  const path = join(folder, `${journalId(subject)}${SUFFIX}`);
  let opening: Promise<FileHandle> | undefined;
  const close = async () => {
    // An error of opening was thrown to the caller that wrote.
    const handle = await opening?.catch(() => undefined);
    opening = undefined;
    await handle?.close().catch((error: unknown) => {
      throw diskError(path, error);
    });
  };
  const append = async (line: Opened | StoredPart): Promise<FileHandle> => {
    try {
      opening ??= openToAppend(path);
      const handle = await opening;
      // The line break comes first, so that a torn line of an earlier run ends before this one.
      await handle.appendFile(`\n${JSON.stringify(line)}`);
      return handle;
    } catch (error) {
      throw diskError(path, error);
    }
  };
  const useJournal = async () => {
    const journal: Journal = {
      recorded: parseJournal((await readIfThere(path)) ?? ''),
      async begin(entry) {
        await close();
        await replaceFile(path, JSON.stringify({ format: FORMAT, ...entry }));
      },
      async open(opened) {
        const handle = await append(opened);
        await handle.sync().catch((error: unknown) => {
          throw diskError(path, error);
        });
      },
      async add(part) {
        await append(part);
      },
      async remove() {
        await close();
        await rm(path, { force: true }).catch((error: unknown) => {
          throw diskError(path, error);
        });
      },
    };
    try {
      return await work(journal);
    } finally {
      await close();
    }
  };
  try {
    return await withLock(path, useJournal, { waitMs: WAIT_MS, signal });
  } catch (error) {
    if (!isUserError(error) || error.code !== 'busy') throw error;
    throw new UserError('busy', `Another edge-upload is uploading ${subject.path} to “${subject.key}”.`, {
      hint: 'Wait for it to end, or stop it. The same command then resumes where that one stopped.',
      library: {
        hint: 'Wait for it to end, or stop it. The same upload then resumes where that one stopped.',
      },
      cause: error,
    });
  }
}

/** The ids of all journals, locked ones included. */
export async function journalIds(folder: string): Promise<ReadonlySet<string>> {
  return new Set((await journalNames(folder)).map((name) => name.slice(0, -SUFFIX.length)));
}

async function journalNames(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith(SUFFIX)).sort();
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
