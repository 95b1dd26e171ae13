import { lstatSync, statSync } from 'node:fs';
import type { FilePath } from '../transfer/sources/file-path.ts';
import { difference, type FileStamp, stampOf } from '../transfer/sources/file-stamp.ts';

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
