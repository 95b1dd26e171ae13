import { createHash } from 'node:crypto';
import { formatBytes } from '../../ui/format.ts';
import { forEachAtOnce } from '../pacing/pool.ts';
import { type Part, type Plan, partOf } from '../plan.ts';
import { sameBytes } from '../proof/integrity.ts';
import { reconcile } from '../proof/reconcile.ts';
import type { SourceFile } from '../sources/source-file.ts';
import { type Measuring, withStretch } from '../sources/stretch.ts';
import type { Tools } from '../tools.ts';
import { UploadGone } from '../wire/answers.ts';
import type { InParts } from './in-parts.ts';
import { type Journal, type JournalEntry, unansweredSince } from './journal.ts';
import { type ListedPart, listParts } from './listings.ts';
import { abortUpload, type OpenUpload, type StoredPart } from './multipart.ts';

/** An upload that is open at the store, the plan it was begun with, and what the store has of it. */
export interface Begun {
  readonly open: OpenUpload;
  readonly plan: Plan;
  readonly parts: Map<number, StoredPart>;
  /** Of an earlier run. */
  readonly foundBytes: number;
  /** Since when another may be open whose id is not known; ISO 8601. */
  readonly unansweredSince?: string | undefined;
  /** The store does not have it open any more, and may have completed it. */
  readonly perhapsDone?: boolean;
}

/** What a journal has to say for its upload to be gone on with. */
export type Wanted = Omit<JournalEntry, 'startedAt'>;

/** Bytes at each end of a file that are looked at to tell it from another. */
const SAMPLE_BYTES = 64 * 1024;

/** Everything that makes an upload this one and no other. */
export async function fingerprint(
  { file, path, upload, plan }: InParts,
  { edge, digester }: Tools,
): Promise<Wanted> {
  const sample = createHash('sha256');
  const length = Math.min(SAMPLE_BYTES, file.size);
  for await (const chunk of file.read(0, length)) sample.update(chunk);
  for await (const chunk of file.read(file.size - length, length)) sample.update(chunk);
  const headers = createHash('sha256').update(JSON.stringify(Object.entries(upload.headers).sort()));
  return {
    url: edge.url,
    key: upload.key,
    path,
    partSize: plan.partSize,
    algorithm: digester.algorithm,
    size: file.size,
    mtimeNs: String(file.stamp.mtimeNs),
    inode: String(file.stamp.inode),
    sample: sample.digest('hex'),
    headers: headers.digest('hex'),
  };
}

function isSame(entry: JournalEntry, wanted: Wanted, partSizeAsked: boolean): boolean {
  const { partSize, ...rest } = wanted;
  const same = Object.entries(rest).every(([name, value]) => entry[name as keyof Wanted] === value);
  return same && (!partSizeAsked || entry.partSize === partSize);
}

/**
 * Goes on with the upload that the journal knows of, where it is of this file as it is now, and the store still has it.
 * One of the file as it was is taken away at the store.
 */
export async function goOn(
  journal: Journal,
  wanted: Wanted,
  { file, upload, partSizeAsked }: InParts,
  { edge, pool, note, ...measuring }: Tools,
): Promise<Begun | undefined> {
  const { recorded } = journal;
  if (recorded?.opened === undefined) return undefined;
  const { key, partSize, algorithm } = recorded.entry;
  const { uploadId } = recorded.opened;
  const open = { key, uploadId };
  if (!isSame(recorded.entry, wanted, partSizeAsked)) {
    await pool.run(() => abortUpload(edge, open));
    return undefined;
  }
  const plan = { multipart: true, partSize, parts: Math.max(1, Math.ceil(file.size / partSize)) };
  const begunWith = (parts: Map<number, StoredPart>): Begun => {
    const foundBytes = totalSize(parts);
    upload.onFound(foundBytes);
    if (foundBytes > 0) {
      note(`Resuming ${file.name} at ${formatBytes(foundBytes)} of ${formatBytes(file.size)}.`);
    }
    return { open, plan, parts, foundBytes, unansweredSince: unansweredSince(recorded) };
  };
  const listed = await pool
    .run(() => listParts(edge, open, algorithm))
    .catch((error: unknown) => {
      if (error instanceof UploadGone) return undefined;
      throw error;
    });
  if (listed === undefined) {
    // It may have been completed, and the answer lost: where every part is known, Complete can be asked again.
    const known = new Map(recorded.parts);
    const complete = missing(plan, file.size, known).next().done === true;
    return complete ? { ...begunWith(known), perhapsDone: true } : undefined;
  }
  const { kept, doubtful } = reconcile(file.size, plan, recorded.parts, listed);
  const parts = new Map(kept.map((part) => [part.number, part]));
  await forEachAtOnce(doubtful, pool.size, async (part) => {
    const proved = await pool.run(() => proveListed(part, file, plan, measuring));
    if (proved === undefined) return;
    parts.set(part.number, proved);
    await journal.add(proved);
  });
  return begunWith(parts);
}

/** Reads the file's own bytes to tell whether a part that the store lists is theirs. */
async function proveListed(
  listed: ListedPart,
  file: SourceFile,
  plan: Plan,
  measuring: Measuring,
): Promise<StoredPart | undefined> {
  const { number, size, etag } = listed;
  return withStretch(file, partOf(number, file.size, plan), measuring, async (stretch) => {
    if (!(await sameBytes(stretch, listed))) return undefined;
    return { number, size, etag, checksum: stretch.digest.toString('base64') };
  });
}

/** The parts that are still to be sent, in order. */
export function* missing(plan: Plan, size: number, have: ReadonlyMap<number, StoredPart>): Generator<Part> {
  for (let number = 1; number <= plan.parts; number += 1) {
    if (!have.has(number)) yield partOf(number, size, plan);
  }
}

export function totalSize(parts: ReadonlyMap<number, StoredPart>): number {
  return [...parts.values()].reduce((sum, { size }) => sum + size, 0);
}
