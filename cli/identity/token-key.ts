import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { withLock } from '../settings/lock.ts';
import { KEY_BYTES } from './seal.ts';

type Place = Pick<Context, 'env' | 'platform' | 'home' | 'keyring'>;

/** What the keyring says: its key, that it has none, or that it cannot be had. */
export type TokenKey =
  | { readonly kind: 'key'; readonly key: Buffer }
  | { readonly kind: 'none' }
  | { readonly kind: 'unavailable'; readonly reason: string };

const NO_KEYRING: TokenKey = { kind: 'unavailable', reason: 'this computer has no keyring' };

/** The key to the kept tokens, if there is one. */
export async function findKey({ keyring: open }: Pick<Place, 'keyring'>): Promise<TokenKey> {
  const keyring = await open?.();
  if (keyring === undefined) return NO_KEYRING;
  try {
    const key = await keyring.read();
    return key?.length === KEY_BYTES ? { kind: 'key', key } : { kind: 'none' };
  } catch (error) {
    return unavailable(error);
  }
}

/** The same, made where there is none yet. `folder` is the tokens', whose lock keeps two processes from making two. */
export async function ensureKey(place: Place, folder: string): Promise<TokenKey> {
  const found = await findKey(place);
  if (found.kind !== 'none') return found;
  return withLock(join(folder, 'key'), async () => {
    const again = await findKey(place);
    if (again.kind !== 'none') return again;
    const key = randomBytes(KEY_BYTES);
    try {
      await (await place.keyring?.())?.write(key);
    } catch (error) {
      return unavailable(error);
    }
    // A keyring that does not give back what it was given would lock the tokens away.
    const kept = await findKey(place);
    return kept.kind === 'none' ? NO_KEYRING : kept;
  });
}

function unavailable(error: unknown): TokenKey {
  return { kind: 'unavailable', reason: error instanceof Error ? error.message : String(error) };
}
