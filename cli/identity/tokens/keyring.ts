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
export async function systemKeyring(
  env: Readonly<Record<string, string | undefined>>,
): Promise<Keyring | undefined> {
  if (env.EDGE_UPLOAD_KEYRING === 'off') return undefined;
  const library = await load();
  if (library === undefined) return undefined;
  try {
    const entry = new library.AsyncEntry(SERVICE, NAME, { linux: { store: 'secret-service' } });
    return {
      async read() {
        const secret = await inTime(entry.getSecret());
        return secret === null ? undefined : Buffer.from(secret);
      },
      write: (secret) => inTime(entry.setSecret(secret)),
    };
  } catch {
    // No such service here, as on most servers: the caller keeps tokens without one, and says so.
    return undefined;
  }
}

/** The library itself cannot be stopped once it waits for the system: its signal cancels only what has not begun. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const error = new Error(`it did not answer within ${PATIENCE_MS / 1000} s`);
    timer = setTimeout(() => reject(error), PATIENCE_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
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
