import { type BigIntStats, lstatSync, statSync } from 'node:fs';
import { UserError } from '../../errors.ts';
import { type FilePath, openedPath, pathText } from './file-path.ts';

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
