import { omitUndefined } from '../../../protocol/fields.ts';
import { askHelper, type HelperEnv } from '../../helper-process.ts';

/** The operating system's store for secrets. It contains the key that encrypts the stored tokens. */
export interface Keyring {
  /** Returns `undefined` if it contains no key. Rejects if the keyring is locked or unavailable. */
  read(): Promise<Buffer | undefined>;
  write(secret: Buffer): Promise<void>;
}

/** Returns `undefined` if no keyring is used. */
export type OpenKeyring = () => Promise<Keyring | undefined>;

const ENTRY = { service: 'edge-upload', name: 'token encryption key' };

/** How long a keyring can wait to be unlocked. */
const TIMEOUT_MS = 30_000;

interface KeyringResponse {
  readonly secret?: string;
  readonly unavailable?: boolean;
  readonly error?: { readonly message: string };
}

interface KeyringOptions {
  readonly env: HelperEnv;
  readonly execPath: string;
  readonly signal?: AbortSignal;
  /** Default: 30,000. */
  readonly timeoutMs?: number;
}

/**
 * Opens the keychain of macOS, the credential manager of Windows, or the Secret Service of a Linux desktop.
 * `EDGE_UPLOAD_KEYRING=off` uses none. A helper process makes the call, because a keyring that waits to be unlocked cannot
 * be cancelled and would keep this process running.
 */
export function systemKeyring({
  env,
  execPath,
  signal,
  timeoutMs = TIMEOUT_MS,
}: KeyringOptions): Keyring | undefined {
  if (env.EDGE_UPLOAD_KEYRING === 'off') return undefined;
  const ask = async (secret?: Buffer): Promise<KeyringResponse> => {
    const request = { ...ENTRY, ...omitUndefined({ secret: secret?.toString('base64') }) };
    const answer = (await askHelper('keyring', request, {
      env: withoutSecrets(env),
      execPath,
      signal,
      timeoutMs,
    })) as KeyringResponse;
    if (answer.unavailable) throw new Error('this computer has no keyring');
    if (answer.error !== undefined) throw new Error(answer.error.message);
    return answer;
  };
  return {
    async read() {
      const { secret } = await ask();
      return secret === undefined ? undefined : Buffer.from(secret, 'base64');
    },
    async write(secret) {
      await ask(secret);
    },
  };
}

/** Returns the variables of the helper: those of the desktop, without passwords, keys and Node options. */
function withoutSecrets(env: HelperEnv): HelperEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(EDGE_UPLOAD|AWS|NODE)_/i.test(name)));
}
