import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { JsonFile } from '../../json-file.ts';
import { deleteUnused } from '../../own-file.ts';
import type { Algorithm, ChecksumType } from '../checksums/algorithms.ts';
import { Journal } from './journal.ts';
import { newId } from './paths.ts';
import { compareKeys, type Description } from './version.ts';
import { type PartPlace, WHOLE, WholeFile } from './whole-file.ts';

export interface UploadRecord extends Description {
  readonly uploadId: string;
  readonly key: string;
  /** ISO 8601. */
  readonly initiated: string;
  /** Checksum algorithm of the object. Default: `CRC64NVME`. */
  readonly algorithm: Algorithm;
  readonly checksumType: ChecksumType;
  /** Whether the client named the algorithm. Parts must then use it. */
  readonly declared: boolean;
}

export interface Part extends PartPlace {
  readonly number: number;
  readonly size: number;
  /** Hex MD5, without quotes. */
  readonly etag: string;
  readonly modified: string;
  /** Base64, of the upload's algorithm and the client's. */
  readonly checksums: Readonly<Partial<Record<Algorithm, string>>>;
}

/** An open multipart upload. */
export class Upload {
  readonly record: UploadRecord;
  readonly #folder: string;
  readonly #journal: Journal<Part>;
  readonly #parts = new Map<number, Part>();
  readonly #whole: WholeFile;
  /** Whether the upload is being completed. Its parts then cannot be changed. */
  completing = false;
  /** Whether Complete conflicted with another write of the key. S3 then requires a new upload. */
  conflicted = false;

  constructor(folder: string, record: UploadRecord) {
    this.#folder = folder;
    this.record = record;
    this.#journal = new Journal(join(folder, 'parts.jsonl'));
    for (const part of this.#journal.read()) this.#parts.set(part.number, part);
    this.#whole = new WholeFile(join(folder, WHOLE), this.parts());
  }

  /** Returns the parts in the order of their numbers. */
  parts(): Part[] {
    return [...this.#parts.values()].sort((a, b) => a.number - b.number);
  }

  part(number: number): Part | undefined {
    return this.#parts.get(number);
  }

  path({ file }: PartPlace): string {
    return join(this.#folder, file);
  }

  /** Reserves a place for the bytes of a part. {@link putPart} or {@link giveUp} releases it. */
  place(number: number, size: number): PartPlace {
    const stored = this.#parts.get(number)?.file === WHOLE;
    const inWhole = stored || this.completing ? undefined : this.#whole.claim(number, size);
    return inWhole ?? { file: `${number}-${newId()}`, at: 0 };
  }

  /** Records the bytes written to a place as the part, replacing an earlier one of that number. */
  putPart(place: PartPlace, added: Omit<Part, keyof PartPlace>): Part {
    const part = { ...added, ...place };
    this.#journal.append(part);
    this.#journal.close();
    const replaced = this.#parts.get(part.number);
    this.#parts.set(part.number, part);
    if (place.file === WHOLE) this.#whole.release(part.number);
    if (replaced !== undefined) this.#clear(replaced);
    return part;
  }

  giveUp(number: number, place: PartPlace): void {
    if (place.file === WHOLE) this.#whole.release(number);
    else this.#clear(place);
  }

  /** Turns these parts into the file `target` without copying them. Returns false if their places do not allow it. */
  becomes(target: string, parts: readonly Part[]): boolean {
    return this.#whole.becomes(target, parts);
  }

  #clear(place: PartPlace): void {
    if (place.file !== WHOLE) deleteUnused(this.path(place));
  }
}

/** The open multipart uploads of a bucket. Each has a folder with its record, a journal of parts, and their bytes. */
export class Uploads {
  readonly #folder: string;
  readonly #uploads = new Map<string, Upload>();

  /** @param ended - an ended upload whose files a killed process did not delete */
  constructor(folder: string, ended?: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    if (ended !== undefined) this.end(ended);
    for (const name of readdirSync(folder)) {
      const record = this.#file(name).read();
      if (record === undefined) rmSync(join(folder, name), { recursive: true });
      else this.#uploads.set(name, new Upload(join(folder, name), record));
    }
  }

  create(record: Omit<UploadRecord, 'uploadId'>): UploadRecord {
    const created = { ...record, uploadId: newId() };
    this.#file(created.uploadId).write(created);
    this.#uploads.set(created.uploadId, new Upload(join(this.#folder, created.uploadId), created));
    return created;
  }

  find(key: string, uploadId: string): Upload | undefined {
    const upload = this.#uploads.get(uploadId);
    return upload?.record.key === key ? upload : undefined;
  }

  /** Returns all uploads in S3's order: by key, then oldest first. */
  all(): UploadRecord[] {
    return [...this.#uploads.values()]
      .map(({ record }) => record)
      .sort((a, b) => compareKeys(a.key, b.key) || compareKeys(a.initiated, b.initiated));
  }

  /** Ends an upload by deleting its record. {@link clear}, or opening the bucket, deletes the rest. */
  end(uploadId: string): void {
    this.#uploads.delete(uploadId);
    this.#file(uploadId).remove();
  }

  /** Deletes the files of an ended upload. */
  async clear(uploadId: string): Promise<void> {
    await rm(join(this.#folder, uploadId), { recursive: true, force: true });
  }

  #file(uploadId: string): JsonFile<UploadRecord> {
    return new JsonFile(join(this.#folder, uploadId, 'upload.json'));
  }
}
