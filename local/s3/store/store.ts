import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Bucket, type BucketConfig, bucketFile } from './bucket.ts';
import { newId } from './paths.ts';

/** No bucket's name begins with a dot. */
const DELETED = '.deleted-';

/** All buckets below one folder, each in a folder of its name. */
export class Store {
  readonly #folder: string;
  readonly #now: () => Date;
  readonly #open = new Map<string, Bucket>();

  constructor(folder: string, now: () => Date) {
    this.#folder = folder;
    this.#now = now;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(folder)) {
      if (name.startsWith(DELETED)) rmSync(join(folder, name), { recursive: true });
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

  /** Names in order. */
  names(): string[] {
    return readdirSync(this.#folder)
      .filter((name) => isFolderName(name) && existsSync(bucketFile(this.#path(name)).path))
      .sort();
  }

  /** The name is a legal one that is not taken. */
  create(name: string, config: Omit<BucketConfig, 'created'>): void {
    bucketFile(this.#path(name)).write({ created: this.#now().toISOString(), ...config });
  }

  /** The bucket is empty; what is left of multipart uploads goes with it. */
  remove(name: string): void {
    this.#open.get(name)?.close();
    this.#open.delete(name);
    const aside = this.#path(`${DELETED}${newId()}`);
    renameSync(this.#path(name), aside);
    rmSync(aside, { recursive: true });
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }
}

/** A name from a request is part of a path only if it cannot lead elsewhere. */
function isFolderName(name: string): boolean {
  return /^[a-z0-9][a-z0-9.-]{1,62}$/.test(name);
}
