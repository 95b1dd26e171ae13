import type { Context } from '../context.ts';

/** The operating system's place for secrets, of which one holds the key to the kept tokens. */
export interface Keyring {
  /** `undefined` where nothing was kept yet. Rejects where the keyring is locked or out of reach. */
  read(): Promise<Buffer | undefined>;
  write(secret: Buffer): Promise<void>;
}

/** `undefined` where this computer has no keyring that can be used. */
export type OpenKeyring = () => Promise<Keyring | undefined>;

const SERVICE = 'edge-upload';
const NAME = 'token encryption key';

/** A keyring that asks to be unlocked is given this long; nobody may be there to answer. */
const PATIENCE_MS = 30_000;

/**
 * The keychain of macOS, the credential manager of Windows, or the Secret Service of a Linux desktop. The kernel's own
 * keyring, which forgets at a reboot, is none. `EDGE_UPLOAD_KEYRING=off` does without.
 */
export async function systemKeyring(env: Context['env']): Promise<Keyring | undefined> {
  if (env.EDGE_UPLOAD_KEYRING === 'off') return undefined;
  const library = await load();
  if (library === undefined) return undefined;
  try {
    const entry = new library.AsyncEntry(SERVICE, NAME, { linux: { store: 'secret-service' } });
    return {
      async read() {
        const secret = await entry.getSecret(AbortSignal.timeout(PATIENCE_MS));
        return secret === null ? undefined : Buffer.from(secret);
      },
      write: (secret) => entry.setSecret(secret, AbortSignal.timeout(PATIENCE_MS)),
    };
  } catch {
    // No such service here, as on most servers: the caller keeps tokens without one, and says so.
    return undefined;
  }
}

/** An optional dependency, with a binary for each platform: either may be missing. */
async function load(): Promise<typeof import('@napi-rs/keyring') | undefined> {
  try {
    return await import('@napi-rs/keyring');
  } catch {
    return undefined;
  }
}
