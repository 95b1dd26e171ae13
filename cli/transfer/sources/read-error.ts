import { lstatSync } from 'node:fs';
import { basename } from 'node:path';
import { omitUndefined } from '../../../protocol/fields.ts';
import { command, type Hint } from '../../command-line.ts';
import { systemCode, UserError, type UserErrorOptions } from '../../errors.ts';
import { diskReason, fileError } from '../../settings/disk-errors.ts';
import type { FilePath } from './file-path.ts';

/** Standard input and `<(command)` as paths. */
const STREAM = /^\/(?:dev\/(?:stdin$|fd\/)|proc\/(?:self|\d+)\/fd\/)/;

/**
 * Returns the hint for anything but a regular file: the command that uploads it.
 * @param canOpen false for a socket, which `cat` cannot open
 */
export function pipeHint(name: string, canOpen = true): UserErrorOptions {
  return { hint: pipeCommand(name, canOpen), library: { hint: 'Pass a stream of its bytes.' } };
}

function pipeCommand(name: string, canOpen: boolean): Hint {
  if (!canOpen || STREAM.test(name))
    return ['Pipe it in:', command`<command> | edge-upload put - --as <key>`];
  return ['Pipe it in:', command`cat ${name} | edge-upload put - --as <key>`];
}

/** Returns the hint for a missing file: for a pattern, which a shell leaves if it is quoted, the command that uses it. */
function missingHint(name: string): Hint {
  const pattern = basename(name);
  const folder = name.slice(0, -pattern.length) || './';
  if (!/[*?]/.test(pattern) || /[*?]/.test(folder)) return 'Check the name and the folder you are in.';
  return [
    'To upload the files that match, type:',
    command`edge-upload put -r ${folder} --include ${pattern}`,
  ];
}

/** Returns the user's error for a failed `stat`, `open` or `read`. */
export function readError(name: string, error: unknown): UserError {
  const code = systemCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new UserError('file_missing', `${name} does not exist.`, {
      ...(STREAM.test(name) ? pipeHint(name) : { hint: missingHint(name) }),
      cause: error,
    });
  }
  if (code === 'ENXIO') {
    return new UserError('file_special', `${name} is a socket or a device. Only files can be uploaded.`, {
      ...pipeHint(name, false),
      cause: error,
    });
  }
  if (code === 'ERR_MEMORY_ALLOCATION_FAILED') {
    return new UserError('file_unreadable', `${name} cannot be read: there is not enough memory.`, {
      hint: 'Lower --concurrency or --part-size.',
      library: { hint: 'Lower concurrency or partSize.' },
      cause: error,
    });
  }
  const denied = code === 'EACCES' || code === 'EPERM';
  const { hint, library } = denied ? { hint: 'Check its permissions (ls -l).' } : fileError(name, error);
  return new UserError('file_unreadable', `${name} cannot be read: ${diskReason(error)}.`, {
    ...omitUndefined({ hint, library }),
    cause: error,
  });
}

/** Returns the user's error for a failed `stat` or `open` of a path, which may be a link to something that does not exist. */
export function pathError(path: FilePath, name: string, error: unknown): UserError {
  if (systemCode(error) !== 'ENOENT' || !isLink(path)) return readError(name, error);
  return new UserError('file_missing', `${name} is a link to something that does not exist.`, {
    hint: ['See where it leads:', command`ls -l ${name}`],
    cause: error,
  });
}

function isLink(path: FilePath): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    // The error of the caller is reported.
    return false;
  }
}
