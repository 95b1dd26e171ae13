import { type BigIntStats, fstatSync, lstatSync, statSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../errors.ts';
import { type FolderContext, tokenFolder } from '../../settings/folders.ts';
import { type FilePath, openedPath, pathText } from './file-path.ts';

/** Identifies a file or folder, however it is reached. */
export const idOf = ({ dev, ino }: BigIntStats) => `${dev}:${ino}`;

/** Returns the ids of files or folders, without those that do not exist or are not readable. */
export async function idsOf(paths: readonly string[]): Promise<ReadonlySet<string>> {
  const found = await Promise.allSettled(paths.map((path) => stat(path, { bigint: true })));
  return new Set(found.flatMap((one) => (one.status === 'fulfilled' ? idOf(one.value) : [])));
}

/** Returns the ids of the files of this user's sign-ins, which are not uploaded. */
export async function signInIds(context: FolderContext): Promise<ReadonlySet<string>> {
  try {
    const folder = tokenFolder(context);
    return await idsOf((await readdir(folder)).map((name) => join(folder, name)));
  } catch {
    // There is no folder, or it cannot be read.
    return new Set();
  }
}

/** @throws {UserError} `usage` for the file of a sign-in, so that nobody reads its tokens in the bucket. */
export function checkNoSignIn(
  name: string,
  stats: BigIntStats,
  signIns: ReadonlySet<string> | undefined,
): void {
  if (signIns?.has(idOf(stats)) !== true) return;
  throw new UserError('usage', `${name} contains a sign-in of edge-upload, and is not uploaded.`);
}

/**
 * Returns what the system knows of the file that a stream reads, such as standard input; `undefined` for a stream of
 * something else, and if the system does not tell. Errors of the stream are reported when it is read.
 */
export function statsOfStream(stream: object): BigIntStats | undefined {
  if (!('fd' in stream) || typeof stream.fd !== 'number') return undefined;
  try {
    return fstatSync(stream.fd, { bigint: true });
  } catch {
    return undefined;
  }
}

/** Like `checkNoSignIn`, for a stream. */
export function checkStream(name: string, stream: object, signIns: ReadonlySet<string> | undefined): void {
  const stats = statsOfStream(stream);
  if (stats !== undefined) checkNoSignIn(name, stats, signIns);
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
