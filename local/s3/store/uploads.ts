import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { JsonFile } from '../../json-file.ts';
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
  /** Of the object's checksum; `CRC64NVME` where the client named none. */
  readonly algorithm: Algorithm;
  readonly checksumType: ChecksumType;
  /** Whether the client named the algorithm, so that its parts must keep to it. */
  readonly declared: boolean;
}

export interface Part extends PartPlace {
  readonly number: number;
  readonly size: number;
  /** Hex MD5, without quotes. */
  readonly etag: string;
  readonly modified: string;
  /** Base64; the upload's algorithm and, if it is another, the one that the client sent. */
  readonly checksums: Readonly<Partial<Record<Algorithm, string>>>;
}

/** A multipart upload that has not ended. */
export class Upload {
  readonly record: UploadRecord;
  readonly #folder: string;
  readonly #journal: Journal<Part>;
  readonly #parts = new Map<number, Part>();
  readonly #whole: WholeFile;
  /** While the upload is being completed, its parts cannot be changed. */
  completing = false;
  /** Its Complete conflicted with another write of the key. S3 then requires a new upload. */
  conflicted = false;

  constructor(folder: string, record: UploadRecord) {
    this.#folder = folder;
    this.record = record;
    this.#journal = new Journal(join(folder, 'parts.jsonl'));
    for (const part of this.#journal.read()) this.#parts.set(part.number, part);
    this.#whole = new WholeFile(join(folder, WHOLE), this.parts());
  }

  /** In order of their numbers. */
  parts(): Part[] {
    return [...this.#parts.values()].sort((a, b) => a.number - b.number);
  }

  part(number: number): Part | undefined {
    return this.#parts.get(number);
  }

  path({ file }: PartPlace): string {
    return join(this.#folder, file);
  }

  /** Where the bytes of a part go; {@link putPart} or {@link giveUp} ends their writing. */
  place(number: number, size: number): PartPlace {
    const stored = this.#parts.get(number)?.file === WHOLE;
    const inWhole = stored || this.completing ? undefined : this.#whole.claim(number, size);
    return inWhole ?? { file: `${number}-${newId()}`, at: 0 };
  }

  /** Takes what was written to a place for the part, instead of an earlier one of that number. */
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

  /** Makes these parts the file at `target` without copying them, where they lie as that takes it. */
  becomes(target: string, parts: readonly Part[]): boolean {
    return this.#whole.becomes(target, parts);
  }

  #clear(place: PartPlace): void {
    if (place.file !== WHOLE) rmSync(this.path(place), { force: true });
  }
}

/** The open multipart uploads of a bucket: a folder each, with its record, a journal of parts and their bytes. */
export class Uploads {
  readonly #folder: string;
  readonly #uploads = new Map<string, Upload>();

  /** @param ended - an upload that a kill kept from being cleared away */
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

  /** Ordered as S3 lists them: by key, then by age. */
  all(): UploadRecord[] {
    return [...this.#uploads.values()]
      .map(({ record }) => record)
      .sort((a, b) => compareKeys(a.key, b.key) || compareKeys(a.initiated, b.initiated));
  }

  /** Without its record a folder is nobody's; {@link clear}, or the next opening, takes it away. */
  end(uploadId: string): void {
    this.#uploads.delete(uploadId);
    this.#file(uploadId).remove();
  }

  /** Frees the space of an upload that has ended. */
  async clear(uploadId: string): Promise<void> {
    await rm(join(this.#folder, uploadId), { recursive: true, force: true });
  }

  #file(uploadId: string): JsonFile<UploadRecord> {
    return new JsonFile(join(this.#folder, uploadId, 'upload.json'));
  }
}
