import { closeSync, fstatSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../json.ts';
import { JsonFile } from '../../json-file.ts';
import { openOwnFile } from '../../own-file.ts';
import { conditionalConflict, noSuchBucket } from '../errors.ts';
import { KeyIndex } from './index.ts';
import { Journal } from './journal.ts';
import { type Change, changed, ObjectsFolder } from './objects-folder.ts';
import { newId } from './paths.ts';
import { Uploads } from './uploads.ts';
import { checkCondition, conditionText, type Version, type WriteCondition } from './version.ts';

export interface BucketConfig {
  /** ISO 8601. */
  readonly created: string;
  readonly versioning?: 'Enabled' | 'Suspended';
  /** As it was put; checked before. */
  readonly policy?: string | undefined;
  /** CloudFormation's properties, for a bucket that a stack made. */
  readonly properties?: JsonObject;
  /** The stack operation that made it, so that one that is repeated knows its own. */
  readonly createdBy?: string;
}

/** What a finished write adds to a bucket; the bucket gives it its place, time and version. */
export type NewVersion = Omit<Version, 'versionId' | 'file' | 'deleteMarker' | 'modified'>;

/** A write in progress, during which other requests can change the key. */
export interface Write {
  readonly key: string;
  readonly condition: WriteCondition;
  /** A delete of the key ended since the write began. */
  deleted: boolean;
}

/**
 * One bucket on disk:
 *
 *     bucket.json     its configuration; a bucket is there when this is
 *     objects/        current objects, plain files under their keys
 *     versions/       older versions, by id
 *     index.jsonl     what is known of every version: the journal
 *     incoming/       bytes of writes that have not ended
 *     uploads/        multipart uploads
 *
 * A change is one line in the journal, then the moving of files. Both happen in one go, without another request in
 * between; after a `kill -9` only the last line can have unmoved files, and opening moves them.
 */
export class Bucket {
  readonly name: string;
  readonly uploads: Uploads;
  readonly #now: () => Date;
  readonly #file: JsonFile<BucketConfig>;
  readonly #journal: Journal<Change>;
  readonly #folder: ObjectsFolder;
  readonly #index = new KeyIndex();
  readonly #writes = new Set<Write>();
  #config: BucketConfig;
  #closed = false;

  /** Opens the bucket kept in `folder`, and finishes or clears away what a kill left. */
  constructor(name: string, folder: string, now: () => Date) {
    this.name = name;
    this.#now = now;
    this.#file = bucketFile(folder);
    const config = this.#file.read();
    if (config === undefined) throw new Error(`no bucket in ${folder}`);
    this.#config = config;
    this.#folder = new ObjectsFolder(folder);
    this.#journal = new Journal(join(folder, 'index.jsonl'));
    const last = this.#recover();
    const ended = last?.op === 'put' ? last.version.uploadId : undefined;
    this.uploads = new Uploads(join(folder, 'uploads'), ended);
  }

  get config(): BucketConfig {
    return this.#config;
  }

  configure(changes: Partial<BucketConfig>): void {
    const config = { ...this.#config, ...changes };
    this.#file.write(config);
    this.#config = config;
  }

  get isEmpty(): boolean {
    return this.#index.isEmpty;
  }

  /** Newest first, delete markers among them. */
  versions(key: string): readonly Version[] {
    return this.#index.versions(key);
  }

  /** The object under `key`, unless it has been deleted. */
  current(key: string): Version | undefined {
    const newest = this.versions(key)[0];
    return newest?.deleteMarker === false ? newest : undefined;
  }

  /** Keys at or after `from`, in S3's order; also those whose newest version is a delete marker. */
  keysFrom(from: string): Iterable<string> {
    return this.#index.keysFrom(from);
  }

  /** Returns a path for the bytes of a write, and its id. */
  incoming(): { id: string; path: string } {
    const id = newId();
    return { id, path: this.#folder.incoming(id) };
  }

  /** Opens a version's bytes. They can be read by the descriptor even if the object is deleted. */
  open(version: Version): number {
    const descriptor = openOwnFile(this.#folder.path(version.file));
    const { size } = fstatSync(descriptor);
    if (size === version.size) return descriptor;
    closeSync(descriptor);
    throw new Error(`${version.file} in bucket ${this.name} has ${size} bytes instead of ${version.size}`);
  }

  /** Refuses early what the condition refuses already; {@link commit} or {@link giveUp} ends the write. */
  begin(key: string, condition: WriteCondition): Write {
    checkCondition(condition, key, this.current(key));
    const write = { key, condition, deleted: false };
    this.#writes.add(write);
    return write;
  }

  giveUp(write: Write): void {
    this.#writes.delete(write);
  }

  /** Takes away what a write that failed left at {@link incoming}. */
  discard(id: string): void {
    rmSync(this.#folder.incoming(id), { force: true });
  }

  /** Makes the bytes at `incoming/<id>` the object, if the condition is still true. Runs without interruption. */
  commit(write: Write, added: NewVersion): Version {
    this.#writes.delete(write);
    const { key, condition } = write;
    if (write.deleted && conditionText(condition) !== '') {
      throw conditionalConflict(conditionText(condition), key);
    }
    checkCondition(condition, key, this.current(key));
    const version: Version = {
      ...added,
      versionId: this.#nextVersionId(),
      file: this.#folder.place(key, this.versions(key)[0]),
      deleteMarker: false,
      modified: this.#now().toISOString(),
    };
    this.#change({ op: 'put', version });
    if (version.uploadId !== undefined) this.uploads.end(version.uploadId);
    return version;
  }

  /** Deletes one version for good; `undefined` when there is none such. */
  removeVersion(key: string, versionId: string): Version | undefined {
    const removed = this.versions(key).find((version) => version.versionId === versionId);
    if (removed === undefined) return undefined;
    this.#change({ op: 'remove', key, versionId });
    return removed;
  }

  /** Deletes as a client without a version id does: for good, or, with versioning, under a delete marker. */
  remove(key: string): Version | undefined {
    if (this.#config.versioning === undefined) {
      this.removeVersion(key, 'null');
      return undefined;
    }
    const version: Version = {
      key,
      versionId: this.#nextVersionId(),
      id: newId(),
      file: '',
      deleteMarker: true,
      size: 0,
      etag: '',
      modified: this.#now().toISOString(),
      headers: {},
      metadata: {},
    };
    this.#change({ op: 'put', version });
    return version;
  }

  /** The bucket is being deleted; a write that is under way finds no bucket at its end. */
  close(): void {
    this.#closed = true;
    this.#journal.close();
  }

  #nextVersionId(): string {
    return this.#config.versioning === 'Enabled' ? newId() : 'null';
  }

  #change(change: Change): void {
    if (this.#closed) throw noSuchBucket(this.name);
    const key = change.op === 'put' ? change.version.key : change.key;
    const before = this.versions(key);
    this.#journal.append(change);
    this.#index.set(key, changed(before, change));
    if (change.op === 'remove' || change.version.deleteMarker) {
      for (const write of this.#writes) write.deleted ||= write.key === key;
    }
    this.#folder.apply(before, change);
  }

  /** The last change, which a killed process can have left unfinished. */
  #recover(): Change | undefined {
    const changes = this.#journal.read();
    const last = changes.at(-1);
    for (const change of changes) {
      const key = change.op === 'put' ? change.version.key : change.key;
      const before = this.versions(key);
      if (change === last) this.#folder.applyAgain(before, change);
      this.#index.set(key, changed(before, change));
    }
    const live = [...this.#index.all()];
    if (changes.length > 2 * live.length + 1000) {
      this.#journal.replace(live.reverse().map((version) => ({ op: 'put', version })));
    }
    rmSync(this.#folder.incoming(''), { recursive: true, force: true });
    mkdirSync(this.#folder.incoming(''), { recursive: true });
    return last;
  }
}

export function bucketFile(folder: string): JsonFile<BucketConfig> {
  return new JsonFile(join(folder, 'bucket.json'));
}
