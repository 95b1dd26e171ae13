import { randomBytes } from 'node:crypto';
import { type Fields, readFields } from '../../protocol/fields.ts';
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
  const kept = readFields(readPrivateFile(path) ?? '');
  if (isWhole(kept)) return kept;
  const created = newAccessKey();
  new JsonFile<AccessKey>(path).write(created);
  return created;
}

function isWhole(key: Fields | undefined): key is Fields & AccessKey {
  const { accessKeyId, secretAccessKey } = key ?? {};
  if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string') return false;
  return /^AKIA[A-Z2-7]{16}$/.test(accessKeyId) && secretAccessKey.length === 40;
}
