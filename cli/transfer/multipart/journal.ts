import { createHash } from 'node:crypto';
import { type FileHandle, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isUserError, UserError } from '../../errors.ts';
import { diskError } from '../../settings/disk-errors.ts';
import { withLock } from '../../settings/lock.ts';
import { flush, openToAppend, readIfThere, replaceFile } from '../../settings/own-files.ts';
import {
  FORMAT,
  type JournalEntry,
  type JournalSubject,
  type Opened,
  parseJournal,
  type Recorded,
} from './journal-entry.ts';
import type { StoredPart } from './requests.ts';

/** The journal of one upload, locked against other processes. */
export interface Journal {
  /** The content of an earlier run; absent in a new journal. */
  readonly recorded: Recorded | undefined;
  /** Replaces the journal. The data is on disk when this returns. */
  begin(entry: JournalEntry): Promise<void>;
  /** The line is on disk when this returns. */
  open(opened: Opened): Promise<void>;
  add(part: StoredPart): Promise<void>;
  remove(): Promise<void>;
}

/** Wait for another run that uploads the same file to the same key, milliseconds. */
const WAIT_MS = 1_000;

/** End of the name of a journal's file. */
export const JOURNAL_SUFFIX = '.jsonl';

/** The id that `uploads list` shows and `uploads abort` takes. */
export function journalId({ url, key, path }: JournalSubject): string {
  return createHash('sha256')
    .update(JSON.stringify([url, key, path]))
    .digest('hex')
    .slice(0, 16);
}

/** Returns the name of a journal's file. */
export function journalName(subject: JournalSubject): string {
  return `${journalId(subject)}${JOURNAL_SUFFIX}`;
}

/*
 * A journal is a file of JSON lines: the entry, the upload's id, and one line for each stored part. Lines are only
 * appended, so a crash leaves at worst an incomplete last line, which is skipped. Recorded parts count only if the
 * store lists them too.
 */

/**
 * Runs `work` with the journal of one upload, locked against other processes.
 * @throws {UserError} `busy` if another run uses it.
 */
export async function withJournal<T>(
  folder: string,
  subject: JournalSubject,
  signal: AbortSignal,
  work: (journal: Journal) => Promise<T>,
): Promise<T> {
  const path = join(folder, journalName(subject));
  const useJournal = async () => {
    const { close, ...journal } = await openJournal(path);
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

/** Opens the journal in a file, whose lock the caller holds. The caller closes it. */
async function openJournal(path: string): Promise<Journal & { close(): Promise<void> }> {
  let opening: Promise<FileHandle> | undefined;
  const fail = (error: unknown): never => {
    throw diskError(path, error);
  };
  const close = async () => {
    // An error of opening is thrown to the caller that writes.
    const handle = await opening?.catch(() => undefined);
    opening = undefined;
    await handle?.close().catch(fail);
  };
  const append = async (line: Opened | StoredPart): Promise<FileHandle> => {
    try {
      opening ??= openToAppend(path);
      const handle = await opening;
      // The line break comes first, so that an incomplete line of an earlier run ends before this one.
      await handle.appendFile(`\n${JSON.stringify(line)}`);
      return handle;
    } catch (error) {
      return fail(error);
    }
  };
  return {
    recorded: parseJournal((await readIfThere(path)) ?? '', path),
    async begin(entry) {
      await close();
      await replaceFile(path, JSON.stringify({ format: FORMAT, ...entry }));
    },
    async open(opened) {
      const handle = await append(opened);
      await flush(handle).catch(fail);
    },
    async add(part) {
      await append(part);
    },
    async remove() {
      await close();
      await rm(path, { force: true }).catch(fail);
    },
    close,
  };
}
