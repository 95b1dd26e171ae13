import * as fs from 'node:fs';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { systemCode, UserError } from '../../errors.ts';
import { orInterrupted } from '../../network/cancellation.ts';
import { checkSpare, type DiskCalls, whenFree } from './disk-calls.ts';
import type { FilePath } from './file-path.ts';
import {
  checkExpected,
  checkNoSignIn,
  difference,
  type FileStamp,
  fileChanged,
  stampOf,
} from './file-stamp.ts';
import { readSnapshot } from './kernel-file.ts';
import { pathError, pipeHint, readError } from './read-error.ts';

/*
 * Opening and reading can wait for a disk, so `DiskCalls` chooses the thread, and an abort does not wait for them. `fstat`
 * and `close` do not wait.
 */
const open = promisify(fs.open);
const read = promisify(fs.read);

/** A regular file, open for reading. */
export interface SourceFile {
  /** As the user typed or would type it. */
  readonly name: string;
  readonly size: number;
  readonly stamp: FileStamp;
  /**
   * Fills a buffer with the bytes from an offset.
   * @throws {UserError} `file_changed` if the file ends earlier, `file_unreadable` if the disk fails, `interrupted`.
   */
  fill(buffer: Buffer, from: number): Promise<Buffer>;
  /** @throws {UserError} `file_changed` if the path no longer leads to the file as it was opened. */
  checkUnchanged(): void;
  close(): void;
}

const KINDS: readonly (readonly [string, (stats: fs.BigIntStats) => boolean])[] = [
  ['a named pipe', (stats) => stats.isFIFO()],
  ['a socket', (stats) => stats.isSocket()],
  ['a device', (stats) => stats.isCharacterDevice() || stats.isBlockDevice()],
];

/** @throws {UserError} `file_is_folder` or `file_special` for anything but a regular file; `usage` for a sign-in. */
export function checkRegular(name: string, stats: fs.BigIntStats, signIns?: ReadonlySet<string>): void {
  checkNoSignIn(name, stats, signIns);
  if (stats.isFile()) return;
  if (stats.isDirectory()) {
    throw new UserError('file_is_folder', `${name} is a folder.`, {
      hint: 'Add -r to upload its content.',
      library: { hint: 'Pass the path of a file.' },
    });
  }
  const kind = KINDS.find(([, matches]) => matches(stats))?.[0] ?? 'not a regular file';
  const hint = pipeHint(name, !stats.isSocket());
  throw new UserError('file_special', `${name} is ${kind}. Only files can be uploaded.`, hint);
}

/** Kernel files (`/proc`, `/sys`) have no blocks, and report a size of 0 or one page of at most this many bytes. */
const MAX_CLAIMED = 64n * 1024n;

function mayBeKernelFile({ size, blocks }: fs.BigIntStats): boolean {
  return size === 0n || (blocks === 0n && size <= MAX_CLAIMED);
}

interface OpenOptions {
  /** As the user typed or would type it. */
  readonly name: string;
  /** A folder listed it as a regular file. Other files are checked first: opening a pipe or device has effects. */
  readonly regular?: boolean | undefined;
  /** The state that the file must have, at a path without links. */
  readonly expected?: FileStamp | undefined;
  /** Ids of the files of sign-ins, which are refused. */
  readonly signIns?: Promise<ReadonlySet<string>> | undefined;
  readonly signal: AbortSignal;
  readonly disk: DiskCalls;
}

/**
 * Opens a file to upload; the caller closes it.
 * @throws {UserError} `file_missing`, `file_is_folder`, `file_special` or `file_unreadable`; `file_changed` if the
 * state differs from the expected one.
 */
export async function openFile(
  path: FilePath,
  { name, regular = false, expected, signIns, signal, disk }: OpenOptions,
): Promise<SourceFile> {
  try {
    if (!regular) checkRegular(name, await orInterrupted(stat(path, { bigint: true }), signal));
    // Without O_NONBLOCK, opening a file that has become a pipe would hang.
    const flags = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0);
    const opening = async () => {
      const descriptor = await disk.run(
        () => fs.openSync(path, flags),
        () => openUnlessAborted(path, flags, signal),
      );
      try {
        // The only file is sent even if its connection has to wait.
        if (disk.open > disk.spared) checkSpare();
      } catch (error) {
        fs.closeSync(descriptor);
        throw error;
      }
      disk.spared = Math.max(disk.spared, disk.open);
      disk.open += 1;
      return descriptor;
    };
    const close = (descriptor: number) => {
      fs.closeSync(descriptor);
      disk.open -= 1;
    };
    const descriptor = await whenFree(opening, signal, () => disk.open > 0);
    try {
      const stats = fs.fstatSync(descriptor, { bigint: true });
      checkRegular(name, stats, await signIns);
      if (expected !== undefined) checkExpected(expected, { path, name, descriptor, stamp: stampOf(stats) });
      const snapshot = mayBeKernelFile(stats) ? await readSnapshot(name, descriptor, stats) : undefined;
      if (snapshot !== undefined) {
        close(descriptor);
        return snapshotFile(name, snapshot, stampOf(stats));
      }
      return sourceFile({ path, name, descriptor, stamp: stampOf(stats), signal, disk });
    } catch (error) {
      close(descriptor);
      throw error;
    }
  } catch (error) {
    throw error instanceof UserError ? error : pathError(path, name, error);
  }
}

/** Opens a file. If it opens after the abort, nobody else would close it. */
async function openUnlessAborted(path: FilePath, flags: number, signal: AbortSignal): Promise<number> {
  const opening = open(path, flags);
  try {
    return await orInterrupted(opening, signal);
  } catch (error) {
    opening.then(fs.closeSync, () => {});
    throw error;
  }
}

/** The content of a kernel file. The kernel generates it again for every reader. */
function snapshotFile(name: string, bytes: Buffer, stamp: FileStamp): SourceFile {
  return {
    name,
    size: bytes.length,
    stamp,
    async fill(buffer, from) {
      bytes.copy(buffer, 0, from);
      return buffer;
    },
    checkUnchanged() {},
    close() {},
  };
}

interface Opened {
  readonly path: FilePath;
  readonly name: string;
  readonly descriptor: number;
  readonly stamp: FileStamp;
  readonly signal: AbortSignal;
  readonly disk: DiskCalls;
}

function sourceFile({ path, name, descriptor, stamp, signal, disk }: Opened): SourceFile {
  let reading = 0;
  let closed = false;
  const closeIfDone = () => {
    // A read that is still pending, even after an abort, must not meet another file with this descriptor.
    if (!closed || reading > 0) return;
    fs.closeSync(descriptor);
    disk.open -= 1;
  };
  type Place = readonly [buffer: Buffer, offset: number, length: number, from: number];
  const readOnThread = async (...place: Place): Promise<number> => {
    reading += 1;
    try {
      return (await read(descriptor, ...place)).bytesRead;
    } finally {
      reading -= 1;
      closeIfDone();
    }
  };
  const checkUnchanged = () => {
    let now: FileStamp;
    try {
      now = stampOf(fs.statSync(path, { bigint: true }));
    } catch (error) {
      if (systemCode(error) === 'ENOENT') throw fileChanged(name, 'it was removed');
      throw readError(name, error);
    }
    const changed = difference(stamp, now);
    if (changed !== undefined) throw fileChanged(name, changed);
  };
  const readSome = (...place: Place) =>
    disk.run(
      () => fs.readSync(descriptor, ...place),
      () => orInterrupted(readOnThread(...place), signal),
    );
  const fill = async (buffer: Buffer, from: number): Promise<Buffer> => {
    if (closed) throw new Error(`${name} is closed`);
    reading += 1;
    try {
      for (let filled = 0; filled < buffer.length; ) {
        const bytesRead = await readSome(buffer, filled, buffer.length - filled, from + filled);
        if (bytesRead === 0) throw fileChanged(name, `it ended at byte ${from + filled} of ${stamp.size}`);
        filled += bytesRead;
      }
      // A network file system can report an old size for seconds.
      if (from + buffer.length === stamp.size && (await readSome(Buffer.alloc(1), 0, 1, stamp.size)) > 0) {
        checkUnchanged();
        throw fileChanged(name, `it has more bytes than its size of ${stamp.size}`);
      }
      return buffer;
    } catch (error) {
      throw error instanceof UserError ? error : readError(name, error);
    } finally {
      reading -= 1;
      closeIfDone();
    }
  };
  return {
    name,
    size: stamp.size,
    stamp,
    fill,
    checkUnchanged,
    close() {
      closed = true;
      closeIfDone();
    },
  };
}
