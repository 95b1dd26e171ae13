import { createHash } from 'node:crypto';
import { constants, writeSync } from 'node:fs';
import { access, type FileHandle, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { readFields } from '../../protocol/fields.ts';
import type { Context } from '../context.ts';
import { isUserError, systemCode, UserError } from '../errors.ts';
import { withOptional } from '../settings/bookkeeping.ts';
import { diskError } from '../settings/disk-errors.ts';
import { folders } from '../settings/folders.ts';
import { withLock } from '../settings/lock.ts';
import { openOwn, openToAppend, replaceFile } from '../settings/own-files.ts';
import type { FileStamp } from '../transfer/sources/file-stamp.ts';

/** Which state of each file of a folder was stored, and under which key. Paths are relative to the folder. */
export interface Ledger {
  /** Whether this state of a file was stored; with a key, whether it was stored under that key. */
  has(path: string, stamp: FileStamp, key?: string): boolean;
  /** Adds a file that the store proved. The line is in the file before this returns. */
  add(path: string, stamp: FileStamp, key: string): void;
  /** Removes a file that was moved or deleted. */
  remove(path: string): void;
  /** Whether the next run will know what is stored. Where not, a warning said so. */
  isRecorded(): boolean;
}

/** What a ledger is about. */
export interface LedgerSubject {
  /** `https://<host>[:port]` of the edge. */
  readonly url: string;
  /** Absolute. */
  readonly folder: string;
  /** What begins the keys of its files, before a prefix of the uploader's own is added. */
  readonly beginning: string;
}

interface LedgerWorld extends Pick<Context, 'env' | 'platform' | 'home' | 'signal'> {
  readonly ui: Pick<Context['ui'], 'event'>;
}

/** Wait for another process that uses the ledger, milliseconds. */
const WAIT_MS = 1_000;
/** Lines without effect that are tolerated before the file is written again. */
const SPARE_LINES = 200;
/** Characters of lines that are kept for a disk which is full. */
const MAX_UNSAVED = 4 * 1024 ** 2;
/** Files that are gone are forgotten after so long. Until then they may be on a disk that is not mounted. */
const FORGET_AFTER_MS = 30 * 86_400_000;
/** Tens of millions of files. */
const MAX_BYTES = 4 * 1024 ** 3;
/** A path has up to 4,096 bytes, a key 1,024; JSON may take six times as many. */
const MAX_LINE_BYTES = 64 * 1024;
const CHUNK_BYTES = 256 * 1024;
const LINE_BREAK = 0x0a;

/** The state of a file. The large numbers are text in a line of the ledger. */
interface State {
  readonly size: number;
  readonly mtimeNs: bigint | string;
  readonly inode: bigint | string;
}

/**
 * The state of a file and its key as one string: a ledger may have a million of them in memory. V8 keeps a string that is put
 * together otherwise as a tree of its pieces, in more than twice the memory.
 */
const entryOf = ({ size, mtimeNs, inode }: State, key: string) => [size, mtimeNs, inode, key].join(' ');

/*
 * A ledger is a file of JSON lines, one for each change. Lines are only added, so that a crash leaves at worst a torn last
 * line, which is skipped. A process holds the lock of its ledger for as long as it runs.
 */

/**
 * Runs `work` with the ledger of a folder. Where none can be kept, it warns, and `work` gets one that ends with the process.
 * @throws {UserError} `busy` where another process uses it.
 */
export async function withLedger<T>(
  world: LedgerWorld,
  subject: LedgerSubject,
  work: (ledger: Ledger) => Promise<T>,
): Promise<T> {
  const { ui, signal } = world;
  const onTrouble = ({ message }: UserError) => {
    const text = `Files may be sent again by the next run, because what was stored cannot be recorded: ${message}`;
    ui.event({ type: 'warning', text });
  };
  const locked = async (use: (ledger: Ledger) => Promise<T>) => {
    const path = await pathOf(world, subject);
    const opened = async () => {
      const entries = await load(path, subject);
      const handle = await openToAppend(path, { maxBytes: MAX_BYTES });
      try {
        return await use(ledgerOf(entries, path, handle, onTrouble));
      } finally {
        await handle.close();
      }
    };
    return withLock(path, opened, { waitMs: WAIT_MS, signal });
  };
  try {
    return await withOptional(locked, work, async () => ledgerOf(await readable(world, subject)), onTrouble);
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
  return join(folders(world).state, 'stored', `${id}.jsonl`);
}

function ledgerOf(
  entries: Map<string, string>,
  path?: string,
  handle?: FileHandle,
  onTrouble?: (error: UserError) => void,
): Ledger {
  let writing = handle !== undefined;
  /** Lines that a full disk did not take. The next line brings them again. */
  let unsaved = '';
  const append = (line: object) => {
    if (handle === undefined || path === undefined || unsaved.length > MAX_UNSAVED) return;
    // The line break comes first, so that a torn line ends before this one.
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
      const wanted = entryOf(stamp, key ?? '');
      return key === undefined ? entry?.startsWith(wanted) === true : entry === wanted;
    },
    add(path, stamp, key) {
      entries.set(path, entryOf(stamp, key));
      const { size, mtimeNs, inode } = stamp;
      append({ path, key, size, mtimeNs: `${mtimeNs}`, inode: `${inode}`, at: new Date().toISOString() });
    },
    remove(path) {
      if (entries.delete(path)) append({ path });
    },
    isRecorded: () => writing,
  };
}

/** Reads a ledger, and writes it again where many lines have no effect any more. */
async function load(file: string, subject: LedgerSubject): Promise<Map<string, string>> {
  const { entries, lines, count } = await read(file, subject);
  if (count === 0 || count > 2 * lines.size + SPARE_LINES) {
    await replaceFile(file, [JSON.stringify({ format: 1, ...subject }), ...lines.values()].join('\n'));
  }
  return entries;
}

/** Returns the entries of a ledger that cannot be written: what they name is not sent again. */
async function readable(world: LedgerWorld, subject: LedgerSubject): Promise<Map<string, string>> {
  try {
    return (await read(await pathOf(world, subject), subject)).entries;
  } catch (error) {
    // The reason was reported already.
    if (isUserError(error)) return new Map();
    throw error;
  }
}

async function read(file: string, subject: LedgerSubject) {
  const lines = new Map<string, string>();
  const entries = new Map<string, string>();
  let count = 0;
  const oldest = new Date(Date.now() - FORGET_AFTER_MS).toISOString();
  for await (const line of linesOf(file)) {
    const { path, key, size, mtimeNs, inode, at } = readFields(line) ?? {};
    if (typeof path !== 'string') continue;
    count += 1;
    const whole = typeof key === 'string' && typeof mtimeNs === 'string' && typeof inode === 'string';
    const forgotten = typeof at !== 'string' || (at < oldest && !(await isThere(join(subject.folder, path))));
    if (whole && typeof size === 'number' && !forgotten) {
      lines.set(path, line);
      entries.set(path, entryOf({ size, mtimeNs, inode }, key));
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
    const { handle } = await openOwn(file, constants.O_RDONLY, { maxBytes: MAX_BYTES });
    try {
      yield* boundedLines(handle.createReadStream({ autoClose: false, highWaterMark: CHUNK_BYTES }));
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) throw diskError(file, error);
  }
}

/** Yields lines. What a power cut or another program put between them, such as a gigabyte of zeros, is skipped. */
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
