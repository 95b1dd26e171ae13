import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { JsonFile } from '../../json-file.ts';
import { deleteUnused } from '../../own-file.ts';
import { invalidParameter, resourceNotFound } from '../errors.ts';
import { type KeyChange, type KeyPairs, KeyRing } from '../keys.ts';
import type { ClientRecord, PoolRecord } from './model.ts';
import { UserPool } from './pool.ts';

const GONE = '.deleted';

/** The user pools of the account, one folder each. A pool exists once its `pool.json` is written. */
export class Pools {
  readonly #dir: string;
  readonly #now: () => Date;
  readonly #newKeys: () => Promise<KeyPairs>;
  readonly #keyChange: () => KeyChange | undefined;
  readonly #pools = new Map<string, UserPool>();

  constructor(
    dir: string,
    now: () => Date,
    newKeys: () => Promise<KeyPairs>,
    keyChange: () => KeyChange | undefined,
  ) {
    this.#dir = dir;
    this.#now = now;
    this.#newKeys = newKeys;
    this.#keyChange = keyChange;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(dir)) {
      const folder = join(dir, name);
      if (name.endsWith(GONE)) deleteUnused(folder);
      else if (existsSync(join(folder, 'pool.json'))) this.#open(folder);
    }
  }

  /** In the order of their creation. */
  all(): UserPool[] {
    return [...this.#pools.values()].sort((left, right) =>
      left.record.created.localeCompare(right.record.created),
    );
  }

  find(id: string): UserPool | undefined {
    return this.#pools.get(id);
  }

  /** @throws AwsError `ResourceNotFoundException` */
  get(id: string): UserPool {
    const pool = this.find(id);
    if (!pool) throw resourceNotFound(`User pool ${id} does not exist.`);
    return pool;
  }

  /**
   * Finds a client and its pool by the client's id, in all pools or within one.
   *
   * @throws AwsError `ResourceNotFoundException`
   */
  client(id: string, within?: UserPool): { pool: UserPool; client: ClientRecord } {
    for (const pool of within ? [within] : this.#pools.values()) {
      const client = pool.clients.get(id);
      if (client) return { pool, client };
    }
    throw resourceNotFound(`User pool client ${id} does not exist.`);
  }

  /** Creates a pool with new keys. Returns an existing pool as it is. */
  async create(record: PoolRecord): Promise<UserPool> {
    const existing = this.find(record.id);
    if (existing) return existing;
    const folder = join(this.#dir, record.id);
    new JsonFile<KeyPairs>(join(folder, 'keys.json')).write(await this.#newKeys());
    new JsonFile<PoolRecord>(join(folder, 'pool.json')).write(record);
    return this.#open(folder);
  }

  /**
   * Deletes a pool, if it exists. The folder is renamed first, because its files are deleted one by one.
   *
   * @throws AwsError `InvalidParameterException` while deletion protection is active or it has a domain
   */
  remove(id: string): void {
    const { settings, domain } = this.find(id)?.record ?? {};
    if (settings?.DeletionProtection === 'ACTIVE') {
      throw invalidParameter(
        'The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first.',
      );
    }
    if (domain !== undefined) {
      throw invalidParameter(
        'User pool cannot be deleted. It has a domain configured that should be deleted first.',
      );
    }
    if (!this.#pools.has(id)) return;
    const folder = join(this.#dir, id);
    renameSync(folder, `${folder}${GONE}`);
    this.#pools.delete(id);
    deleteUnused(`${folder}${GONE}`);
  }

  #open(folder: string): UserPool {
    const record = new JsonFile<PoolRecord>(join(folder, 'pool.json')).read();
    const keys = new JsonFile<KeyPairs>(join(folder, 'keys.json')).read();
    if (!record || !keys) throw new Error(`The user pool in ${folder} lacks its record or its keys.`);
    const pool = new UserPool(folder, record, new KeyRing(keys, this.#keyChange), this.#now);
    this.#pools.set(record.id, pool);
    return pool;
  }
}
