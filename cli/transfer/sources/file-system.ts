import { isUtf8 } from 'node:buffer';
import { type BigIntStats, existsSync, lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { parse, resolve, sep } from 'node:path';
import { platform } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { command } from '../../command-line.ts';
import { interrupted, systemCode, UserError } from '../../errors.ts';

/** A path in the file system: text, or bytes if they are not valid UTF-8. */
export type FilePath = string | Buffer;

/** Node's replacement for bytes that are not valid UTF-8. A file name can contain it too. */
export const REPLACEMENT = '\ufffd';

/** The path of a name in a folder. */
export function pathIn(folder: FilePath, name: FilePath): FilePath {
  if (typeof folder === 'string' && typeof name === 'string') {
    return folder.endsWith(sep) ? `${folder}${name}` : `${folder}${sep}${name}`;
  }
  return Buffer.concat([Buffer.from(folder), Buffer.from(sep), Buffer.from(name)]);
}

/** Returns a path as unique text for journals: in one that is not UTF-8, all but ASCII is percent-encoded. */
export function pathText(path: FilePath): string {
  if (typeof path === 'string') return path;
  return path.toString('latin1').replace(/[^\u0020-\u007e]/g, (byte) => {
    return `%${byte.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}

/** Returns the names in a folder that Node reads as this text; none if the folder cannot be read. */
async function namesLike(folder: FilePath, text: string): Promise<readonly Buffer[]> {
  try {
    return (await readdir(folder, { encoding: 'buffer' })).filter((name) => name.toString() === text);
  } catch {
    // Opening the file reports the error of its folder.
    return [];
  }
}

/**
 * Returns the path that was typed. Node passes arguments as text and loses bytes that are not UTF-8; such names are
 * looked up in their folders.
 * @throws {UserError} `usage` if several names match the text.
 */
export async function findPath(cwd: string, typed: string): Promise<FilePath> {
  const path = resolve(cwd, typed);
  if (!path.includes(REPLACEMENT)) return path;
  const { root } = parse(path);
  let found: FilePath = root;
  for (const segment of path.slice(root.length).split(sep)) {
    const [one, ...others] = segment.includes(REPLACEMENT) ? await namesLike(found, segment) : [];
    if (others.length > 0) {
      throw new UserError(
        'usage',
        `“${typed}” could be ${others.length + 1} files: their names differ in bytes that are not UTF-8.`,
        {
          hint: 'Rename them, or upload their folder with -r.',
        },
      );
    }
    found = pathIn(found, one === undefined || isUtf8(one) ? segment : one);
  }
  return found;
}

/** Whether the last name of a path is not valid UTF-8 and so cannot be a key. */
export function isNameless(path: FilePath): boolean {
  return typeof path !== 'string' && !isUtf8(path.subarray(path.lastIndexOf(sep) + 1));
}

/** The error for a name that cannot be a key. */
export function notUtf8(name: string): UserError {
  return new UserError('bad_key', `The name of ${name} is not valid UTF-8, so it cannot be a key.`, {
    hint: [
      'Rename it, or give the file or folder a key:',
      command`edge-upload put <file> --as <key>`,
      command`edge-upload put -r <folder> --as <key>`,
    ],
  });
}

/** Identifies the state of a file, to detect changes. */
export interface FileStamp {
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly inode: bigint;
  readonly device: bigint;
}

export function stampOf(stats: BigIntStats): FileStamp {
  return { size: Number(stats.size), mtimeNs: stats.mtimeNs, inode: stats.ino, device: stats.dev };
}

/** Returns how a file changed; `undefined` if it did not. */
export function difference(before: FileStamp, after: FileStamp): string | undefined {
  if (before.inode !== after.inode || before.device !== after.device) return 'another file took its place';
  if (after.size < before.size) return `it shrank from ${before.size} to ${after.size} bytes`;
  if (after.size > before.size) return `it grew from ${before.size} to ${after.size} bytes`;
  return before.mtimeNs === after.mtimeNs ? undefined : 'it was written to';
}

/** The error for a file that changed during its upload. */
export function fileChanged(name: string, what: string): UserError {
  return new UserError('file_changed', `${name} changed while it was read: ${what}.`, {
    hint: 'Run the same command again when nothing writes to the file, or upload a copy of it.',
    library: { hint: 'Upload it again when nothing writes to the file, or upload a copy of it.' },
  });
}

/** Returns the state of a file; `undefined` if it does not exist or is not a file. */
export function readStamp(path: FilePath, { follow }: { readonly follow: boolean }): FileStamp | undefined {
  try {
    const stats = (follow ? statSync : lstatSync)(path, { bigint: true });
    return stats.isFile() ? stampOf(stats) : undefined;
  } catch {
    // Unreadable files are reported when they are uploaded.
    return undefined;
  }
}

export function isSameStamp(one: FileStamp | undefined, other: FileStamp | undefined): boolean {
  return one !== undefined && other !== undefined && difference(one, other) === undefined;
}

/**
 * Returns a path of an open file or folder, even if its name belongs to another one now; `undefined` if the system has
 * no such path.
 */
export function descriptorPath(descriptor: number): string | undefined {
  const path = `/proc/self/fd/${descriptor}`;
  return platform === 'linux' && existsSync(path) ? path : undefined;
}

/**
 * Returns the path of an open file or folder without links. Linux knows it by the descriptor; elsewhere the path that was
 * opened is resolved.
 * @throws the system's error
 */
export function openedPath(descriptor: number, path: string): string {
  const link = descriptorPath(descriptor);
  return link === undefined ? realpathSync.native(path) : readlinkSync(link);
}

interface Opened {
  readonly path: FilePath;
  readonly name: string;
  readonly descriptor: number;
  readonly stamp: FileStamp;
}

/** @throws {UserError} `file_changed` if the state differs from the expected one, or the path leads through a link. */
export function checkExpected(expected: FileStamp, { path, name, descriptor, stamp }: Opened): void {
  const changed = difference(expected, stamp);
  if (changed !== undefined) throw fileChanged(name, changed);
  const text = pathText(path);
  if (openedPath(descriptor, text) === text) return;
  throw fileChanged(name, 'it was moved, or its path leads through a link now');
}

/**
 * A call of the file system that takes longer than this, in milliseconds, waits for a disk, a network or a busy processor. Others
 * are answered from memory, which takes up to 0.2 ms for the longest read.
 */
const SLOW_MS = 0.5;

/** Number of first calls of a command that run on other threads: a disk that does not respond must not block Ctrl-C. */
const FIRST_CALLS = 16;

/**
 * Number of calls after a slow one that run on other threads, before the next is tried on this one. If that is slow
 * too, the number is multiplied: a busy computer is slow occasionally, a slow disk always.
 */
const CAREFUL_CALLS = 16;
const MORE_CAREFUL = 4;
const MOST_CAREFUL_CALLS = 1024;

/** Chooses between the two forms of a call of the file system. */
export interface DiskCalls {
  /** Runs `now`, or `later` if the disk is not known to be fast. Both do the same. */
  run<T>(now: () => T, later: () => Promise<T>): T | Promise<T>;
}

/**
 * Creates the rule that decides whether calls block this thread or use another. Another thread costs several times as
 * much as a call that the kernel answers from memory. A call that waits for a disk would delay everything else on this
 * thread.
 * @param clock returns milliseconds of a steady clock.
 */
export function createDiskCalls(clock: () => number): DiskCalls {
  let careful = FIRST_CALLS;
  let next = CAREFUL_CALLS;
  return {
    run(now, later) {
      if (careful > 0) {
        careful -= 1;
        return later();
      }
      const began = clock();
      try {
        return now();
      } finally {
        if (clock() - began > SLOW_MS) {
          careful = next;
          next = Math.min(next * MORE_CAREFUL, MOST_CAREFUL_CALLS);
        } else {
          next = CAREFUL_CALLS;
        }
      }
    },
  };
}

/** Error codes of a process or computer without a descriptor or memory for another file. */
const PASSING: ReadonlySet<string | undefined> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN']);

const WAIT_MS = 15_000;
const STEP_MS = 50;

/**
 * Opens a file as soon as a descriptor is free. The command closes others all the time.
 * @throws the last error, if none was free for 15 seconds.
 */
export async function whenFree<T>(open: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (let waited = 0; ; waited += STEP_MS) {
    try {
      return await open();
    } catch (error) {
      if (!PASSING.has(systemCode(error)) || waited >= WAIT_MS) throw error;
    }
    await delay(STEP_MS, undefined, signal && { signal }).catch(() => {
      throw interrupted();
    });
  }
}
