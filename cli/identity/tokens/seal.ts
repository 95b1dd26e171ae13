import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Context } from '../../context.ts';
import { withLock } from '../../settings/lock.ts';

/** AES-256-GCM: https://csrc.nist.gov/pubs/sp/800/38/d/final, with a random 96-bit nonce for each text. */
const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
export const KEY_BYTES = 32;

/** Encrypts a text. Returns base64 of nonce, tag and ciphertext, which can be decrypted only with the same `associatedData`. */
export function seal(key: Buffer, text: string, associatedData: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(associatedData));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
}

/** Decrypts a text. Returns `undefined` if it was changed or truncated, or has other associated data or another key. */
export function unseal(key: Buffer, sealed: string, associatedData: string): string | undefined {
  const bytes = Buffer.from(sealed, 'base64');
  if (bytes.length < NONCE_BYTES + TAG_BYTES || key.length !== KEY_BYTES) return undefined;
  const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  try {
    const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES))
      .setAAD(Buffer.from(associatedData))
      .setAuthTag(tag);
    const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString('utf8');
  } catch {
    // The tag does not match. OpenSSL gives no further reason.
    return undefined;
  }
}

type KeyringContext = Pick<Context, 'env' | 'platform' | 'home' | 'keyring'>;

/** Result of reading the keyring: its key, no key, or keyring unavailable. */
export type TokenKey =
  | { readonly kind: 'key'; readonly key: Buffer }
  | { readonly kind: 'none' }
  | { readonly kind: 'unavailable'; readonly reason: string };

const NO_KEYRING: TokenKey = { kind: 'unavailable', reason: 'this computer has no keyring' };

/** Returns the key of the stored tokens, if there is one. */
export async function findKey({ keyring: open }: Pick<KeyringContext, 'keyring'>): Promise<TokenKey> {
  const keyring = await open?.();
  if (keyring === undefined) return NO_KEYRING;
  try {
    const key = await keyring.read();
    return key?.length === KEY_BYTES ? { kind: 'key', key } : { kind: 'none' };
  } catch (error) {
    return unavailable(error);
  }
}

/** Returns the key, and creates it if there is none. The lock of the token `folder` prevents a second key. */
export async function ensureKey(context: KeyringContext, folder: string): Promise<TokenKey> {
  const found = await findKey(context);
  if (found.kind !== 'none') return found;
  return withLock(join(folder, 'key'), async () => {
    const again = await findKey(context);
    if (again.kind !== 'none') return again;
    const key = randomBytes(KEY_BYTES);
    try {
      await (await context.keyring?.())?.write(key);
    } catch (error) {
      return unavailable(error);
    }
    // Read the key back: without it the tokens could not be decrypted.
    const kept = await findKey(context);
    return kept.kind === 'none' ? NO_KEYRING : kept;
  });
}

function unavailable(error: unknown): TokenKey {
  return { kind: 'unavailable', reason: error instanceof Error ? error.message : String(error) };
}

/** Returns what protects stored tokens. */
export function protectionOf({ key, isOpen }: { readonly key?: Buffer; readonly isOpen: boolean }): string {
  if (key !== undefined) return "encrypted with a key in the system's keyring";
  return isOpen
    ? 'readable by others, because its file system does not keep permissions (no keyring is available)'
    : 'readable by you alone (no keyring is available)';
}
