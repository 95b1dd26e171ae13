import { randomBytes } from 'node:crypto';
import { JsonFile } from '../json-file.ts';
import { readPrivateFile } from '../own-file.ts';
import { randomText } from '../secrets.ts';

/** An access key of the embedded account, in AWS's format. */
export interface AccessKey {
  /** `AKIA` and 16 characters. */
  readonly accessKeyId: string;
  /** 40 characters. */
  readonly secretAccessKey: string;
}

const ID_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export function newAccessKey(): AccessKey {
  const id = randomText(ID_CHARACTERS, 16);
  return { accessKeyId: `AKIA${id}`, secretAccessKey: randomBytes(30).toString('base64') };
}

/**
 * Returns the access key in a file of mode 0600. Creates a new key if there is none, and if another user could have read or
 * written the file.
 * @throws Error for anything but a regular file
 */
export function openAccessKey(path: string): AccessKey {
  const kept = parseAccessKey(readPrivateFile(path));
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
