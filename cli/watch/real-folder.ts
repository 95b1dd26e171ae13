import { closeSync, constants, mkdirSync, openSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import { systemCode } from '../errors.ts';
import { descriptorPath, openedPath } from '../transfer/sources/opened-path.ts';

/** Windows knows neither flag. */
const {
  O_RDONLY,
  O_DIRECTORY = 0,
  O_NOFOLLOW = 0,
} = constants as Partial<typeof constants> & {
  readonly O_RDONLY: number;
};

/** The system's error for a link where a folder is expected. */
const linked = (folder: string) => Object.assign(new Error(`${folder} is a link`), { code: 'ELOOP' });

/**
 * Runs `work` on a folder that is reached without links. On Linux it gets a path that stays the same folder even if
 * something else takes its name meanwhile. Others may be allowed to write to a watched folder, and to swap its folders.
 * @throws the system's error; `ELOOP` for a folder that is a link, or below one.
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

/** Creates a folder below an existing one, with those between. @throws as `inRealFolder` */
export function makeRealFolder(base: string, relative: string): string {
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
