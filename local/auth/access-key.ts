import { randomBytes, randomInt } from 'node:crypto';
import { closeSync, fstatSync, readFileSync } from 'node:fs';
import { getuid, platform } from 'node:process';
import { JsonFile } from '../json-file.ts';
import { openOwnFile } from '../own-file.ts';

/** An access key of the embedded account, in the form of AWS's own. */
export interface AccessKey {
  /** `AKIA` and 16 characters. */
  readonly accessKeyId: string;
  /** 40 characters. */
  readonly secretAccessKey: string;
}

const ID_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export function newAccessKey(): AccessKey {
  const id = Array.from({ length: 16 }, () => ID_CHARACTERS[randomInt(ID_CHARACTERS.length)]);
  return { accessKeyId: `AKIA${id.join('')}`, secretAccessKey: randomBytes(30).toString('base64') };
}

/**
 * Returns the access key that is kept in a file of mode 0600. A new one is created where there is none, and where
 * another user could have read or written the file.
 * @throws Error for anything but a regular file
 */
export function openAccessKey(path: string): AccessKey {
  const kept = parseAccessKey(readPrivate(path));
  if (kept !== undefined) return kept;
  const created = newAccessKey();
  new JsonFile<AccessKey>(path).write(created);
  return created;
}

function parseAccessKey(text: string | undefined): AccessKey | undefined {
  try {
    const key = JSON.parse(text ?? 'null') as Partial<AccessKey> | null;
    return isWhole(key) ? key : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isWhole(key: Partial<AccessKey> | null): key is AccessKey {
  const { accessKeyId, secretAccessKey } = key ?? {};
  if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string') return false;
  return /^AKIA[A-Z2-7]{16}$/.test(accessKeyId) && secretAccessKey.length === 40;
}

/** Returns the text of a file that only its owner, who runs this, can open; `undefined` for any other. */
function readPrivate(path: string): string | undefined {
  let file: number;
  try {
    file = openOwnFile(path);
  } catch (error) {
    if (['ENOENT', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
  try {
    const status = fstatSync(file);
    const isPrivate = platform === 'win32' || (status.uid === getuid?.() && (status.mode & 0o077) === 0);
    return isPrivate ? readFileSync(file, 'utf8') : undefined;
  } finally {
    closeSync(file);
  }
}
