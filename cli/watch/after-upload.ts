import { closeSync, mkdirSync, openSync, renameSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemCode } from '../errors.ts';
import type { FileStamp } from '../transfer/sources/file-stamp.ts';
import { isSameStamp, readStamp } from './read-stamp.ts';

export const AFTER = ['keep', 'move', 'delete'] as const;

/** What becomes of a file once it is stored. */
export interface AfterUpload {
  readonly action: (typeof AFTER)[number];
  /** Folder for `move`, on the same file system. */
  readonly moveTo: string;
}

/** The folder that `--after move` moves files to; hidden, so that they are not uploaded again. */
export const movedIn = (folder: string) => join(folder, '.edge-upload-stored');

/** Reserves a name with an empty file, so that nothing is overwritten. A name that is taken gets a number. */
function reserveName(path: string): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? path : `${path}~${number}`;
    try {
      closeSync(openSync(name, 'wx', 0o600));
      return name;
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    }
  }
}

/**
 * Moves or deletes a stored file, unless it changed since it was sent. It never waits, so that nothing changes the file
 * between the check and the move.
 * @returns whether the file is gone.
 * @throws the system's error
 */
export function finishFile(
  path: string,
  relative: string,
  stamp: FileStamp,
  { action, moveTo }: AfterUpload,
): boolean {
  if (action === 'keep' || !isSameStamp(stamp, readStamp(path, { follow: false }))) return false;
  if (action === 'delete') {
    unlinkSync(path);
    return true;
  }
  const target = join(moveTo, relative);
  mkdirSync(dirname(target), { recursive: true });
  const name = reserveName(target);
  try {
    renameSync(path, name);
  } catch (error) {
    unlinkSync(name);
    throw error;
  }
  return true;
}
