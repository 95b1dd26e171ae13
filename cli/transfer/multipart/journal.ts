import { createHash } from 'node:crypto';
import { type FileHandle, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.ts';
import { isUserError, systemCode, UserError } from '../../errors.ts';
import { diskError, openToAppend, readIfThere, replaceFile } from '../../settings/files.ts';
import { folders } from '../../settings/folders.ts';
import { withLock } from '../../settings/lock.ts';
import type { Algorithm } from '../proof/digests.ts';
import { FORMAT, noJournal, parseJournal } from './journal-lines.ts';
import type { StoredPart } from './multipart.ts';

/** What an upload in parts is of and where it goes; the same command finds its journal by it. */
export interface JournalSubject {
  /** `https://<host>[:port]` of the edge. */
  readonly url: string;
  readonly key: string;
  /** Absolute path of the file. */
  readonly path: string;
}

/** What is written down before an upload in parts is opened at the store. */
export interface JournalEntry extends JournalSubject {
  /** Bytes of each part but the last. */
  readonly partSize: number;
  readonly algorithm: Algorithm;
  /** The file as it was. */
  readonly size: number;
  /** Nanoseconds since 1970, in digits. */
  readonly mtimeNs: string;
  readonly inode: string;
  /** Digest of the file's head and tail. */
  readonly sample: string;
  /** Digest of the object's header fields. */
  readonly headers: string;
  /** When it was first asked for, an opening that was not answered included; ISO 8601. */
  readonly startedAt: string;
}

/** What is written down when it was opened. */
export interface Opened {
  readonly uploadId: string;
  /** An earlier try, since the entry's `startedAt`, may have opened another, whose id is not known. */
  readonly unanswered: boolean;
}

/** An entry and what came after it. */
export interface Recorded {
  readonly entry: JournalEntry;
  /** Absent where the run ended before the store's answer. */
  readonly opened: Opened | undefined;
  readonly parts: ReadonlyMap<number, StoredPart>;
}

/** Since when uploads may be open that were not answered, by what an earlier run wrote down. */
export function unansweredSince(recorded: Recorded | undefined): string | undefined {
  if (recorded === undefined) return undefined;
  return (recorded.opened?.unanswered ?? true) ? recorded.entry.startedAt : undefined;
}

/** The journal of one upload; only its holder has it. */
export interface Journal {
  /** What an earlier run left. */
  readonly recorded: Recorded | undefined;
  /** Begins anew; on disk before it returns. */
  begin(entry: JournalEntry): Promise<void>;
  /** On disk before it returns. */
  open(opened: Opened): Promise<void>;
  add(part: StoredPart): Promise<void>;
  remove(): Promise<void>;
}

type Place = Pick<Context, 'env' | 'platform' | 'home'>;

/** How long another run that uploads the same file to the same key is waited for, milliseconds. */
const WAIT_MS = 1_000;

const SUFFIX = '.jsonl';

/** No folder of journals, or no way to one. */
const NOT_THERE: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR']);

export function journalFolder(place: Place): string {
  return join(folders(place).state, 'uploads');
}

/** A short name that `uploads list` shows and `uploads abort` takes; also the journal's file name. */
export function journalId({ url, key, path }: JournalSubject): string {
  return createHash('sha256')
    .update(JSON.stringify([url, key, path]))
    .digest('hex')
    .slice(0, 16);
}

/*
 * A journal is a file of JSON lines: the entry, then what the store calls the upload, and then one line for each part as it
 * is stored. Lines are only ever added, so a crash leaves at worst a torn last line, which is passed over. What the lines say
 * is held against the store's own list before it counts.
 */

/**
 * Runs `work` with the journal of one upload, which no other process has meanwhile.
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
    // Where it could not be opened, whoever wanted to write has said so.
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
      // The line break comes first: a torn line of an earlier run must not swallow this one.
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
      hint: 'Wait for it to end, or end it; then type the command again, and it goes on where that one stopped.',
      cause: error,
    });
  }
}

/** The ids of all journals, of those too that another run has at the moment. */
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
 * All uploads that this computer began and did not finish.
 * @param onOdd told of files among the journals that are none.
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
