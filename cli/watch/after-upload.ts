import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, renameSync, unlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { systemCode } from '../errors.ts';
import { type FileStamp, isSameStamp, readStamp } from '../transfer/sources/file-stamp.ts';
import { createRealFolder, inRealFolder } from './real-folder.ts';

export const AFTER = ['keep', 'move', 'delete'] as const;

/** What to do with a file after it is stored. */
export interface AfterUpload {
  readonly action: (typeof AFTER)[number];
  /** Folder for `move`, absolute and without links, on the same file system. */
  readonly moveTo: string;
}

/** The folder for files moved by `--after move`. Hidden, so that they are not uploaded again. */
export const storedFolder = (folder: string) => join(folder, '.edge-upload-stored');

/** Reserves a name with an empty file, so that nothing is overwritten. Adds a number to a name that is taken. */
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
 * Checks that a renamed file is the expected one. If another file replaced it in the meantime, that file is moved back,
 * under another name if necessary.
 */
function isExpected(path: string, name: string, stamp: FileStamp): boolean {
  if (isSameStamp(stamp, readStamp(name, { follow: false }))) return true;
  renameSync(name, reserveName(path));
  return false;
}

function moveFile(path: string, folder: string, stamp: FileStamp): boolean {
  return inRealFolder(folder, (to) => {
    const name = reserveName(join(to, basename(path)));
    try {
      renameSync(path, name);
    } catch (error) {
      unlinkSync(name);
      throw error;
    }
    return isExpected(path, name, stamp);
  });
}

function deleteFile(path: string, stamp: FileStamp): boolean {
  // Hidden, so that it is not uploaded if the computer stops now.
  const name = join(dirname(path), `.edge-upload-${randomBytes(6).toString('hex')}`);
  renameSync(path, name);
  if (!isExpected(path, name, stamp)) return false;
  unlinkSync(name);
  return true;
}

/**
 * Moves or deletes a stored file, unless it changed since it was sent or its path now contains a link.
 * @returns whether the file was moved or deleted
 * @throws the system's error
 */
export function finishFile(
  path: string,
  relative: string,
  stamp: FileStamp,
  { action, moveTo }: AfterUpload,
): boolean {
  if (action === 'keep') return false;
  return inRealFolder(dirname(path), (from) => {
    const file = join(from, basename(path));
    if (!isSameStamp(stamp, readStamp(file, { follow: false }))) return false;
    if (action === 'delete') return deleteFile(file, stamp);
    mkdirSync(moveTo, { recursive: true });
    return moveFile(file, createRealFolder(moveTo, dirname(relative)), stamp);
  });
}
