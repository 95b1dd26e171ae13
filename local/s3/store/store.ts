import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { deleteUnused } from '../../own-file.ts';
import { Bucket, type BucketConfig, bucketFile } from './bucket.ts';
import { newId } from './paths.ts';

/** Bucket names never start with a dot. */
const DELETED = '.deleted-';

/** All buckets, each in a folder with its name. */
export class BucketStore {
  readonly #folder: string;
  readonly #now: () => Date;
  readonly #open = new Map<string, Bucket>();

  constructor(folder: string, now: () => Date) {
    this.#folder = folder;
    this.#now = now;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(folder)) {
      if (name.startsWith(DELETED)) deleteUnused(join(folder, name));
    }
  }

  bucket(name: string): Bucket | undefined {
    const open = this.#open.get(name);
    if (open !== undefined) return open;
    if (!isFolderName(name) || !existsSync(bucketFile(this.#path(name)).path)) return undefined;
    const bucket = new Bucket(name, this.#path(name), this.#now);
    this.#open.set(name, bucket);
    return bucket;
  }

  /** Returns all names in order. */
  names(): string[] {
    return readdirSync(this.#folder)
      .filter((name) => isFolderName(name) && existsSync(bucketFile(this.#path(name)).path))
      .sort();
  }

  /** Creates a bucket. The name must be valid and unused. */
  create(name: string, config: Omit<BucketConfig, 'created'>): void {
    bucketFile(this.#path(name)).write({ created: this.#now().toISOString(), ...config });
  }

  /** Deletes an empty bucket with its unfinished multipart uploads. */
  remove(name: string): void {
    this.#open.get(name)?.close();
    this.#open.delete(name);
    const aside = this.#path(`${DELETED}${newId()}`);
    renameSync(this.#path(name), aside);
    deleteUnused(aside);
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }
}

/** Whether a name from a request is safe as a folder name. */
function isFolderName(name: string): boolean {
  return /^[a-z0-9][a-z0-9.-]{1,62}$/.test(name);
}
