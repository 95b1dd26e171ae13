import { createHash } from 'node:crypto';
import { randomPiece } from '../../random-piece.ts';

/** Folder of the objects whose own path cannot be had; `%h` is no name that {@link readablePath} makes. */
const HASHED = '%hashed';

/** Bytes of one name that every file system takes. */
const MAX_NAME_BYTES = 255;
/** Bytes of a path; with the folders above it this stays under the 4,096 of Linux. */
const MAX_PATH_BYTES = 2_048;

/**
 * The file of a key as a person would look for it: the key itself. Percent-encoded are `%`, `\`, control characters and
 * the names `.` and `..`; an empty segment, as in `a//b` or `a/`, is a lone `%`. Different keys have different paths.
 * `undefined` where a name or the whole would be too long for a file system.
 */
export function readablePath(key: string): string | undefined {
  const names = key.split('/').map(fileName);
  const path = names.join('/');
  const fits = names.every((name) => Buffer.byteLength(name) <= MAX_NAME_BYTES);
  return fits && Buffer.byteLength(path) <= MAX_PATH_BYTES ? path : undefined;
}

/** Returns the file of a key whose readable path is too long or is a folder (`a` beside `a/b`). */
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
