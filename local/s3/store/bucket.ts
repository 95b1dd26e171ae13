import { closeSync, fstatSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../json.ts';
import { JsonFile } from '../../json-file.ts';
import { openOwnFile } from '../../own-file.ts';
import { conditionalConflict, noSuchBucket } from '../errors.ts';
import { type BucketProperties, readBucketProperties } from '../resources/bucket-properties.ts';
import { Journal } from './journal.ts';
import { KeyIndex } from './key-index.ts';
import { type Change, ObjectsFolder, withChange } from './objects-folder.ts';
import { newId } from './paths.ts';
import { Uploads } from './uploads.ts';
import { checkCondition, conditionText, type Version, type WriteCondition } from './version.ts';

export interface BucketConfig {
  /** ISO 8601. */
  readonly created: string;
  readonly versioning?: 'Enabled' | 'Suspended';
  /** The text of the bucket policy, already validated. */
  readonly policy?: string | undefined;
  /** CloudFormation's properties of a bucket in a stack. */
  readonly properties?: JsonObject;
  /** The create request that created it, so that a repeated request finds it. */
  readonly createdBy?: string;
}

/** The version that a write adds. The bucket sets its file, time and version id. */
export type NewVersion = Omit<Version, 'versionId' | 'file' | 'deleteMarker' | 'modified'>;

/** A write in progress, during which other requests can change the key. */
export interface Write {
  readonly key: string;
  readonly condition: WriteCondition;
  /** Whether a delete of the key ended after the write started. */
  deleted: boolean;
}

/**
 * One bucket on disk:
 *
 *     bucket.json     its configuration; the bucket exists if this file does
 *     objects/        current objects, plain files under their keys
 *     versions/       older versions, by id
 *     index.jsonl     the journal, with the metadata of all versions
 *     incoming/       bytes of running writes
 *     uploads/        multipart uploads
 *
 * A change appends one line to the journal and then moves files, without another request in between. If they cannot be
 * moved, the line is removed again. After a `kill -9`, only the files of the last line can be unmoved; opening the bucket
 * moves them.
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
  #properties: BucketProperties | undefined;
  #closed = false;

  /** Opens the bucket in `folder`, and completes or removes what a killed process left. */
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
    this.#properties = undefined;
  }

  /** CloudFormation's properties of the bucket, validated once; none for a bucket outside of stacks. */
  get properties(): BucketProperties {
    this.#properties ??= readBucketProperties(this.#config.properties ?? {});
    return this.#properties;
  }

  get isEmpty(): boolean {
    return this.#index.isEmpty;
  }

  /** Returns all versions, newest first, including delete markers. */
  versions(key: string): readonly Version[] {
    return this.#index.versions(key);
  }

  /** Returns the object under `key`, unless it is deleted. */
  current(key: string): Version | undefined {
    const newest = this.versions(key)[0];
    return newest?.deleteMarker === false ? newest : undefined;
  }

  /** Returns keys at or after `from` in S3's order, including those whose newest version is a delete marker. */
  keysFrom(from: string): Iterable<string> {
    return this.#index.keysFrom(from);
  }

  /** Returns an id and a path for the bytes of a write. */
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

  /** Starts a write. Refuses it if its condition already fails. {@link commit} or {@link giveUp} ends it. */
  begin(key: string, condition: WriteCondition): Write {
    checkCondition(condition, key, this.current(key));
    const write = { key, condition, deleted: false };
    this.#writes.add(write);
    return write;
  }

  giveUp(write: Write): void {
    this.#writes.delete(write);
  }

  /** Deletes what a failed write left at {@link incoming}. */
  discard(id: string): void {
    rmSync(this.#folder.incoming(id), { force: true });
  }

  /** Turns the bytes at `incoming/<id>` into the object if the condition is still true. Runs without interruption. */
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

  /** Deletes one version permanently. Returns `undefined` if it does not exist. */
  removeVersion(key: string, versionId: string): Version | undefined {
    const removed = this.versions(key).find((version) => version.versionId === versionId);
    if (removed === undefined) return undefined;
    this.#change({ op: 'remove', key, versionId });
    return removed;
  }

  /** Deletes an object like a request without a version id: permanently or, with versioning, with a delete marker. */
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

  /** Called when the bucket is deleted, so that running writes find no bucket at their end. */
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
    this.#folder.prepare(before, change);
    this.#journal.append(change);
    try {
      this.#folder.apply(before, change);
    } catch (error) {
      this.#journal.withdraw();
      throw error;
    }
    this.#index.set(key, withChange(before, change));
    if (change.op === 'remove' || change.version.deleteMarker) {
      for (const write of this.#writes) write.deleted ||= write.key === key;
    }
  }

  /** Returns the last change, which a killed process may have left incomplete. */
  #recover(): Change | undefined {
    const changes = this.#journal.read();
    const last = changes.at(-1);
    for (const change of changes) {
      const key = change.op === 'put' ? change.version.key : change.key;
      const before = this.versions(key);
      if (change === last) this.#folder.applyAgain(before, change);
      this.#index.set(key, withChange(before, change));
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
