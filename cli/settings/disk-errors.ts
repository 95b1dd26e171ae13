import { tmpdir } from 'node:os';
import { omitUndefined, table } from '../../protocol/fields.ts';
import type { Hint } from '../command-line.ts';
import { type LibraryTexts, systemCode, UserError } from '../errors.ts';

interface Reason {
  readonly why: string;
  readonly hint?: string;
  readonly library?: LibraryTexts;
}

const PERMISSIONS = 'Check who owns the file and its folder, and their permissions.';
const SPACE = 'Free some space, or use a folder on another disk.';
/** Codes of a process or computer without a descriptor for another file or connection. */
export const NO_DESCRIPTOR: ReadonlySet<string | undefined> = new Set(['EMFILE', 'ENFILE']);
export const MORE_DESCRIPTORS = 'Raise the limit with: ulimit -n 4096';
const NETWORK_DISK = 'Mount the file system again, then run the command again.';

/** Meaning of the system errors of files: https://man7.org/linux/man-pages/man3/errno.3.html */
const REASONS = table<Reason>({
  EACCES: { why: 'permission denied', hint: PERMISSIONS },
  EPERM: { why: 'permission denied', hint: PERMISSIONS },
  EROFS: { why: 'the file system is read-only', hint: 'Use a folder on a writable file system.' },
  ENOSPC: { why: 'no space left on the device', hint: SPACE },
  EDQUOT: { why: 'the disk quota is used up', hint: SPACE },
  EFBIG: {
    why: 'the file is larger than its file system or ulimit -f allows',
    hint: 'Raise the limit with ulimit -f, or use a folder on another file system.',
  },
  ENOENT: { why: 'there is no such file or folder' },
  ENOTDIR: { why: 'a part of the path is not a folder' },
  EISDIR: { why: 'it is a folder' },
  EEXIST: { why: 'something with that name already exists' },
  ENOTEMPTY: { why: 'the folder is not empty' },
  ELOOP: { why: 'its path contains a symbolic link that is not followed, or a loop of links' },
  ENAMETOOLONG: { why: 'the name is longer than the file system allows' },
  EINVAL: { why: 'the file system does not allow that name or operation' },
  EILSEQ: { why: 'the file system does not allow a character of the name' },
  EXDEV: { why: 'it is on another file system' },
  ENXIO: { why: 'there is no such device' },
  ENODEV: { why: 'there is no such device' },
  EBUSY: { why: 'another program uses it' },
  ETXTBSY: { why: 'another program runs it' },
  EAGAIN: { why: 'another program has locked it' },
  EMFILE: { why: 'this process has too many files open', hint: MORE_DESCRIPTORS },
  ENFILE: { why: 'this computer has too many files open', hint: MORE_DESCRIPTORS },
  ENOMEM: { why: 'the computer does not have enough memory' },
  EIO: { why: 'the disk reports an input/output error', hint: 'Check the disk.' },
  ESTALE: { why: 'it no longer exists on the network file system (stale file handle)', hint: NETWORK_DISK },
  ETIMEDOUT: { why: 'the network file system does not respond', hint: NETWORK_DISK },
  EHOSTDOWN: { why: 'the network file system does not respond', hint: NETWORK_DISK },
  ENOTCONN: { why: 'its file system is no longer connected', hint: NETWORK_DISK },
  ENOTSUP: { why: 'the file system cannot do that' },
  EOPNOTSUPP: { why: 'the file system cannot do that' },
  ENOSYS: { why: 'the file system cannot do that' },
  UNKNOWN: {
    why: 'Windows gives no reason',
    hint: 'If OneDrive or the like keeps the file online only, make it available on this computer.',
  },
});

/** Returns why a file could not be used, as a clause: `no space left on the device`. */
export function diskReason(error: unknown): string {
  const code = systemCode(error);
  // Node's error of a stream that is destroyed, by its program or by a generator that throws nothing.
  if (code === 'ERR_STREAM_PREMATURE_CLOSE') return 'the stream was closed before its end';
  const known = REASONS[code ?? ''];
  if (known !== undefined) return known.why;
  if (code !== undefined && /^E[A-Z]/.test(code)) return code;
  // The error of a program's own stream.
  return (error instanceof Error && error.message.replace(/\.$/, '')) || 'unknown error';
}

/** Returns true if the table contains a code. */
export function isDiskCode(code: string | undefined): boolean {
  return code !== undefined && Object.hasOwn(REASONS, code);
}

/** Returns the error to print for a system error on any file. */
export function fileError(path: string, error: unknown): UserError {
  const { hint, library } = REASONS[systemCode(error) ?? ''] ?? {};
  return new UserError('disk', `${path} cannot be used: ${diskReason(error)}.`, {
    ...omitUndefined({ hint, library }),
    cause: error,
  });
}

/** Returns the error to print for a file that the user names to be read. */
export function inputError(name: string, error: unknown, hint: Hint): UserError {
  const isMissing = ['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '');
  return new UserError(
    isMissing ? 'file_missing' : 'file_unreadable',
    `${name} ${isMissing ? 'does not exist' : `cannot be read: ${diskReason(error)}`}.`,
    { hint, cause: error },
  );
}

/** Returns the error to print if no temporary folder can be created. */
export function temporaryError(error: unknown): UserError {
  return new UserError('disk', `A temporary folder cannot be created in ${tmpdir()}: ${diskReason(error)}.`, {
    hint: 'Set TMPDIR (on Windows: TEMP) to a folder that exists and that you can write to.',
    cause: error,
  });
}

/** Returns the error to print for a file of edge-upload, with a hint about its folder. */
export function diskError(path: string, error: unknown): UserError {
  if (error instanceof UserError) return error;
  return new UserError('disk', `${path} cannot be used: ${diskReason(error)}.`, {
    hint: 'Check the permissions and free space of that folder, or name others with XDG_CONFIG_HOME, XDG_STATE_HOME and XDG_DATA_HOME.',
    cause: error,
  });
}
