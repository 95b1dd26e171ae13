import { closeSync, constants, mkdirSync, openSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import { systemCode } from '../errors.ts';
import { descriptorPath, openedPath } from '../transfer/sources/file-path.ts';

/** Windows supports neither flag. */
const {
  O_RDONLY,
  O_DIRECTORY = 0,
  O_NOFOLLOW = 0,
} = constants as Partial<typeof constants> & {
  readonly O_RDONLY: number;
};

/** Returns the system's error for a link in place of a folder. */
const linked = (folder: string) => Object.assign(new Error(`${folder} is a link`), { code: 'ELOOP' });

/**
 * Runs `work` on a folder, without following links. On Linux, it gets a path that refers to the same folder even if it
 * is replaced meanwhile: other users may be able to write to a watched folder and replace its subfolders.
 * @throws the system's error; `ELOOP` if the folder or one of its parents is a link
 */
export function inRealFolder<T>(folder: string, work: (path: string) => T): T {
  const descriptor = O_DIRECTORY === 0 ? undefined : openSync(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    const real = descriptor === undefined ? realpathSync.native(folder) : openedPath(descriptor, folder);
    if (real !== folder) throw linked(folder);
    return work((descriptor !== undefined && descriptorPath(descriptor)) || folder);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/**
 * Creates a folder below an existing one, including those in between.
 * @throws as `inRealFolder`
 */
export function createRealFolder(base: string, relative: string): string {
  let folder = base;
  for (const name of relative.split(sep).filter((one) => one !== '' && one !== '.')) {
    inRealFolder(folder, (path) => {
      try {
        mkdirSync(join(path, name));
      } catch (error) {
        if (systemCode(error) !== 'EEXIST') throw error;
      }
    });
    folder = join(folder, name);
  }
  return folder;
}
