import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { arnOf } from '../account.ts';
import type { JsonObject } from '../json.ts';
import { JsonFolder } from '../json-file.ts';
import { AwsError } from '../wire/errors.ts';

/** A KMS key, stored in a file that only its owner can read. */
export interface Key {
  readonly id: string;
  /** PKCS#8 PEM. */
  readonly privateKey: string;
  readonly policy: JsonObject;
  readonly description: string;
  readonly enabled: boolean;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** Milliseconds since 1970 when the key is deleted; absent unless that is scheduled. */
  readonly deletion?: number;
  readonly tags: Readonly<Record<string, string>>;
}

export type KeyState = 'Enabled' | 'Disabled' | 'PendingDeletion';

export function stateOf({ enabled, deletion }: Key): KeyState {
  if (deletion !== undefined) return 'PendingDeletion';
  return enabled ? 'Enabled' : 'Disabled';
}

export const notFound = (message: string) => new AwsError('NotFoundException', message);

export const keyArn = (id: string) => arnOf('kms', `key/${id}`);

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export type NewKey = Omit<Key, 'privateKey' | 'created' | 'deletion'>;

/** The keys of the account. A key whose deletion is due is deleted by the next read. */
export class KeyStore {
  readonly #keys: JsonFolder<Key>;
  readonly #now: () => Date;

  constructor(folder: string, now: () => Date) {
    this.#keys = new JsonFolder(folder);
    this.#now = now;
  }

  get now(): number {
    return this.#now().getTime();
  }

  create(settings: NewKey): Key {
    const { privateKey } = generateKeyPairSync('ed25519', {
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    const key = { ...settings, privateKey, created: this.now };
    this.save(key);
    return key;
  }

  save(key: Key): void {
    this.#keys.put(key.id, key);
  }

  find(id: string): Key | undefined {
    const key = this.#keys.get(id);
    if (key?.deletion === undefined || key.deletion > this.now) return key;
    this.#keys.remove(id);
    return undefined;
  }

  /**
   * Returns a key by its id or ARN.
   * @throws AwsError `NotFoundException`
   */
  get(name: string): Key {
    const own = keyArn('');
    if (name.startsWith('alias/') || name.includes(':alias/')) throw notFound(`Alias ${name} is not found.`);
    if (name.startsWith('arn:') && !name.startsWith(own)) throw notFound(`Invalid arn ${name}`);
    const id = name.startsWith(own) ? name.slice(own.length) : name;
    if (!UUID.test(id)) throw notFound(`Invalid keyId '${id}'`);
    const key = this.find(id);
    if (key === undefined) throw notFound(`Key '${keyArn(id)}' does not exist`);
    return key;
  }

  all(): Key[] {
    return this.#keys.all().flatMap(({ id }) => this.find(id) ?? []);
  }
}

export function keyPairOf(key: Key): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  const privateKey = createPrivateKey(key.privateKey);
  return { privateKey, publicKey: createPublicKey(privateKey) };
}
