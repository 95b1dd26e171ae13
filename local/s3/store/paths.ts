import { createHash } from 'node:crypto';
import { platform } from 'node:process';
import { isWindowsName } from '../../../protocol/file-name.ts';
import { randomPiece } from '../../secrets.ts';

/** Folder of objects without a readable path. {@link readablePath} never returns the name `%h…`. */
const HASHED = '%hashed';

/** Maximum bytes of a file name on every file system. */
const MAX_NAME_BYTES = 255;
/** Maximum bytes of a path. With the folders above it, it stays below Linux's 4,096. */
const MAX_PATH_BYTES = 2_048;

/**
 * Returns the readable path of a key, which is the key itself. `%`, `\`, control characters and the names `.` and `..`
 * are percent-encoded; an empty segment, as in `a//b` or `a/`, is a single `%`. Different keys have different paths.
 * Returns `undefined` if a name or the path is too long for a file system, or Windows cannot store a name.
 */
export function readablePath(key: string, system: NodeJS.Platform = platform): string | undefined {
  const names = key.split('/').map(fileName);
  const path = names.join('/');
  const fits = names.every(
    (name) => Buffer.byteLength(name) <= MAX_NAME_BYTES && (system !== 'win32' || isWindowsName(name)),
  );
  return fits && Buffer.byteLength(path) <= MAX_PATH_BYTES ? path : undefined;
}

/**
 * Returns the path of a key without a readable path, or whose readable path exists: a folder (`a` next to `a/b`), or on
 * macOS and Windows the file of a key that differs only by case.
 */
export function hashedPath(key: string): string {
  return `${HASHED}/${createHash('sha256').update(key).digest('hex')}`;
}

function fileName(segment: string): string {
  if (segment === '') return '%';
  if (segment === '.' || segment === '..') return segment.replaceAll('.', '%2E');
  return segment.replace(
    /[%\\\p{Cc}]/gu,
    (character) => `%${[...Buffer.from(character)].map(hexByte).join('%')}`,
  );
}

function hexByte(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0');
}

/** Returns a new version id or upload id: 32 characters of [A-Za-z0-9_-]. */
export function newId(): string {
  return randomPiece(24).toString('base64url');
}
