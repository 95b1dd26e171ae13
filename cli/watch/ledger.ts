import { createHash } from 'node:crypto';
import { constants, writeSync } from 'node:fs';
import { access, type FileHandle, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { readFields } from '../../protocol/fields.ts';
import type { Context } from '../context.ts';
import { isUserError, systemCode, UserError } from '../errors.ts';
import { diskError } from '../settings/disk-errors.ts';
import { requireFolder } from '../settings/folders.ts';
import { withLock } from '../settings/lock.ts';
import { openOwn, openToAppend, replaceFile } from '../settings/own-files.ts';
import { withOptional, writtenByNewer } from '../settings/records.ts';
import type { FileStamp } from '../transfer/sources/file-stamp.ts';
import { type EntryOf, entriesOf, type FileSystems } from './ledger-entry.ts';

/** Records which state of each file was stored, and under which key. Paths are relative to the folder. */
export interface UploadLedger {
  /** Whether this state of a file was stored. With a key, whether it was stored under that key. */
  has(path: string, stamp: FileStamp, key?: string): boolean;
  /** Records a stored file. The line is written before this returns. */
  add(path: string, stamp: FileStamp, key: string): void;
  /** Removes a file that was moved or deleted. */
  remove(path: string): void;
  /** Whether later runs will know what is stored. If not, a warning was printed. */
  isRecorded(): boolean;
}

/** What a ledger records. */
export interface LedgerSubject {
  /** `https://<host>[:port]` of the edge. */
  readonly url: string;
  /** Absolute path. */
  readonly folder: string;
  /** Start of the keys of its files, without the uploader's own prefix. */
  readonly beginning: string;
}

interface LedgerWorld extends Pick<Context, 'env' | 'home' | 'signal'>, FileSystems {
  readonly warn: (text: string) => void;
}

const FORMAT = 1;
/** Milliseconds to wait for another process that uses the ledger. */
const WAIT_MS = 1_000;
/** Number of obsolete lines after which the file is rewritten. */
const SPARE_LINES = 200;
/** Maximum characters of unsaved lines while the disk is full. */
const MAX_UNSAVED = 4 * 1024 ** 2;
/** Milliseconds after which missing files are dropped. Until then, their disk may be disconnected. */
const FORGET_AFTER_MS = 30 * 86_400_000;
/** Maximum bytes of a ledger: tens of millions of files. */
const MAX_BYTES = 4 * 1024 ** 3;
/** Maximum bytes of a line. A path has up to 4,096 bytes, a key 1,024, and JSON can multiply both by six. */
const MAX_LINE_BYTES = 64 * 1024;
const CHUNK_BYTES = 256 * 1024;
const LINE_BREAK = 0x0a;

/*
 * A ledger is a file of JSON lines, one for each change. Lines are only appended, so a crash leaves at most one
 * incomplete line at the end, which is skipped. A process locks its ledger while it runs.
 */

/**
 * Runs `work` with the ledger of a folder. If it cannot be stored, warns and uses a temporary one.
 * @throws {UserError} `busy` if another process uses it
 */
export async function withLedger<T>(
  world: LedgerWorld,
  subject: LedgerSubject,
  work: (ledger: UploadLedger) => Promise<T>,
): Promise<T> {
  const { warn, signal } = world;
  const onTrouble = ({ message }: UserError) =>
    warn(`The next run may send files again, because stored files cannot be recorded: ${message}`);
  const asEntry = await entriesOf(world, subject.folder);
  const locked = async (use: (ledger: UploadLedger) => Promise<T>) => {
    const path = await pathOf(world, subject);
    const opened = async () => {
      const entries = await load(path, subject, asEntry);
      const handle = await openToAppend(path, MAX_BYTES);
      try {
        return await use(ledgerOf(entries, asEntry, path, handle, onTrouble));
      } finally {
        await handle.close();
      }
    };
    return withLock(path, opened, { waitMs: WAIT_MS, signal });
  };
  try {
    const temporary = async () => ledgerOf(await readable(world, subject, asEntry), asEntry);
    return await withOptional(locked, work, temporary, onTrouble);
  } catch (error) {
    if (!isUserError(error) || error.code !== 'busy') throw error;
    throw new UserError('busy', `Another process uploads ${subject.folder} to the same place.`, {
      hint: 'Stop the other one first, or choose another --prefix.',
      cause: error,
    });
  }
}

async function pathOf(world: LedgerWorld, { url, folder, beginning }: LedgerSubject): Promise<string> {
  const real = await realpath(folder).catch(() => folder);
  const id = createHash('sha256')
    .update(JSON.stringify([url, real, beginning]))
    .digest('hex')
    .slice(0, 16);
  return join(requireFolder(world, 'state'), 'stored', `${id}.jsonl`);
}

function ledgerOf(
  entries: Map<string, string>,
  asEntry: EntryOf,
  path?: string,
  handle?: FileHandle,
  onTrouble?: (error: UserError) => void,
): UploadLedger {
  let writing = handle !== undefined;
  /** Lines that could not be written because the disk was full. They are written with the next line. */
  let unsaved = '';
  const append = (line: object) => {
    if (handle === undefined || path === undefined || unsaved.length > MAX_UNSAVED) return;
    // The line break comes first, so that an incomplete line ends here.
    unsaved += `\n${JSON.stringify(line)}`;
    try {
      const bytes = Buffer.from(unsaved);
      if (writeSync(handle.fd, bytes) < bytes.length) throw Object.assign(new Error(), { code: 'ENOSPC' });
      unsaved = '';
      writing = true;
    } catch (error) {
      if (writing) onTrouble?.(diskError(path, error) as UserError);
      writing = false;
    }
  };
  return {
    has(path, stamp, key) {
      const entry = entries.get(path);
      const wanted = asEntry(stamp, key ?? '');
      return key === undefined ? entry?.startsWith(wanted) === true : entry === wanted;
    },
    add(path, stamp, key) {
      entries.set(path, asEntry(stamp, key));
      const { size, mtimeNs, inode } = stamp;
      append({ path, key, size, mtimeNs: `${mtimeNs}`, inode: `${inode}`, at: new Date().toISOString() });
    },
    remove(path) {
      if (entries.delete(path)) append({ path });
    },
    isRecorded: () => writing,
  };
}

/** Reads a ledger. Rewrites it if many lines are obsolete. */
async function load(file: string, subject: LedgerSubject, asEntry: EntryOf): Promise<Map<string, string>> {
  const { entries, lines, count } = await read(file, subject, asEntry);
  if (count === 0 || count > 2 * lines.size + SPARE_LINES) {
    await replaceFile(file, [JSON.stringify({ format: FORMAT, ...subject }), ...lines.values()].join('\n'));
  }
  return entries;
}

/** Returns the entries of a ledger that cannot be written, so that its files are not sent again. */
async function readable(
  world: LedgerWorld,
  subject: LedgerSubject,
  asEntry: EntryOf,
): Promise<Map<string, string>> {
  try {
    return (await read(await pathOf(world, subject), subject, asEntry)).entries;
  } catch (error) {
    // The reason was reported already.
    if (isUserError(error)) return new Map();
    throw error;
  }
}

async function read(file: string, subject: LedgerSubject, asEntry: EntryOf) {
  const lines = new Map<string, string>();
  const entries = new Map<string, string>();
  let count = 0;
  const oldest = new Date(Date.now() - FORGET_AFTER_MS).toISOString();
  for await (const line of linesOf(file)) {
    const { format, path, key, size, mtimeNs, inode, at } = readFields(line) ?? {};
    if (typeof format === 'number' && format > FORMAT) throw writtenByNewer(file);
    if (typeof path !== 'string') continue;
    count += 1;
    const whole = typeof key === 'string' && typeof mtimeNs === 'string' && typeof inode === 'string';
    const forgotten = typeof at !== 'string' || (at < oldest && !(await isThere(join(subject.folder, path))));
    if (whole && typeof size === 'number' && !forgotten) {
      lines.set(path, line);
      entries.set(path, asEntry({ size, mtimeNs, inode }, key));
    } else {
      lines.delete(path);
      entries.delete(path);
    }
  }
  return { entries, lines, count };
}

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

async function* linesOf(file: string): AsyncGenerator<string, void, void> {
  try {
    const { handle } = await openOwn(file, constants.O_RDONLY, MAX_BYTES);
    try {
      yield* boundedLines(handle.createReadStream({ autoClose: false, highWaterMark: CHUNK_BYTES }));
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) throw diskError(file, error);
  }
}

/** Yields lines. Skips what is too long to be one, such as a gigabyte of zeros after a power failure. */
async function* boundedLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string, void, void> {
  let kept: Buffer[] = [];
  let bytes = 0;
  const line = () => {
    const text = bytes <= MAX_LINE_BYTES ? Buffer.concat(kept).toString() : '';
    [kept, bytes] = [[], 0];
    return text;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(LINE_BREAK); end >= 0; end = chunk.indexOf(LINE_BREAK, from)) {
      kept.push(chunk.subarray(from, end));
      bytes += end - from;
      yield line();
      from = end + 1;
    }
    bytes += chunk.length - from;
    if (bytes <= MAX_LINE_BYTES) kept.push(chunk.subarray(from));
    else kept = [];
  }
  yield line();
}
