import { createHash } from 'node:crypto';
import { type ErrorCode, interrupted, isUserError, UserError } from '../errors.ts';
import { formatBytes } from '../ui/format.ts';
import { UploadGone } from './answers.ts';
import type { Digester } from './digests.ts';
import type { EdgeClient } from './edge-client.ts';
import { sameBytes } from './integrity.ts';
import { type Journal, type JournalEntry, withJournal } from './journal.ts';
import {
  abortUpload,
  completeUpload,
  createUpload,
  type ListedPart,
  listParts,
  type OpenUpload,
  putPart,
  type StoredPart,
} from './multipart.ts';
import { type Part, type Plan, partOf } from './plan.ts';
import { forEachAtOnce, type Pool } from './pool.ts';
import { reconcile } from './reconcile.ts';
import type { SourceFile } from './source-file.ts';
import { measure } from './stretch.ts';
import type { Stored, Upload } from './whole.ts';

/** What all uploads of one command share. */
export interface Tools {
  readonly edge: EdgeClient;
  /** For the last words, which Ctrl-C does not cut off. */
  readonly closing: EdgeClient;
  readonly digester: Digester;
  /** Bounds the requests under way, of all files. */
  readonly pool: Pool;
  /** Where journals are kept. */
  readonly journals: string;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

export interface InParts {
  readonly file: SourceFile;
  /** Absolute. */
  readonly path: string;
  readonly upload: Upload & {
    /** Told how many bytes need not be sent because the store has them already. */
    readonly onFound: (bytes: number) => void;
  };
  readonly plan: Plan;
  /** The part size was asked for: an upload begun with another starts anew. */
  readonly partSizeAsked: boolean;
}

/** Bytes at each end of a file that are looked at to tell it from another. */
const SAMPLE_BYTES = 64 * 1024;

/** Failures after which the same upload cannot go on: what the store has of it is taken away. */
const HOPELESS: ReadonlySet<ErrorCode> = new Set([
  'file_changed',
  'bytes_differ',
  'exists',
  'too_large',
  'bad_key',
]);

/**
 * Stores a file by an S3 multipart upload, going on with one that an earlier run began. What was stored stays stored and
 * written down until the whole is proved, so that any end but a finished one can be gone on from.
 * @throws {UserError}
 */
export async function putInParts(work: InParts, tools: Tools): Promise<Stored> {
  const { file, path, upload } = work;
  const { edge, journals, signal } = tools;
  const subject = { url: edge.url, key: upload.key, path };
  return withJournal(journals, subject, signal, async (journal) => {
    const wanted = await describe(work, tools);
    let begun = await goOn(journal, wanted, work, tools);
    for (let anew = false; ; anew = true) {
      begun ??= await begin(journal, wanted, work, tools);
      try {
        const stored = await finish(begun, journal, work, tools);
        await journal.remove();
        return stored;
      } catch (error) {
        if (error instanceof UploadGone && !anew) {
          upload.onFound(-total(begun.parts.values()));
          begun = undefined;
          continue;
        }
        if (isUserError(error) && HOPELESS.has(error.code)) {
          await giveBack(begun, journal, tools);
        }
        throw withProgress(error, begun, file.size);
      }
    }
  });
}

/** An upload that is open, the plan it was begun with, and what the store has of it. */
interface Begun {
  readonly open: OpenUpload;
  readonly plan: Plan;
  readonly parts: Map<number, StoredPart>;
  readonly foundBytes: number;
}

type Wanted = Omit<JournalEntry, 'uploadId' | 'startedAt'>;

async function describe({ file, path, upload, plan }: InParts, { edge, digester }: Tools): Promise<Wanted> {
  const sample = createHash('sha256');
  const head = Math.min(SAMPLE_BYTES, file.size);
  for await (const chunk of file.read(0, head)) sample.update(chunk);
  for await (const chunk of file.read(file.size - head, head)) sample.update(chunk);
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

async function begin(journal: Journal, wanted: Wanted, work: InParts, tools: Tools): Promise<Begun> {
  const open = await tools.pool.run(() => createUpload(tools.edge, work.upload, wanted.algorithm));
  await journal.begin({ ...wanted, uploadId: open.uploadId, startedAt: tools.now().toISOString() });
  return { open, plan: work.plan, parts: new Map(), foundBytes: 0 };
}

/** Goes on with what the journal knows of, where it is of this file and the store still has it. */
async function goOn(
  journal: Journal,
  wanted: Wanted,
  work: InParts,
  tools: Tools,
): Promise<Begun | undefined> {
  const { recorded } = journal;
  if (recorded === undefined) return undefined;
  const { entry } = recorded;
  const open: OpenUpload = { key: entry.key, uploadId: entry.uploadId };
  if (!isSame(entry, wanted, work.partSizeAsked)) {
    await tools.pool.run(() => abortUpload(tools.edge, open));
    await journal.remove();
    return undefined;
  }
  const { size } = wanted;
  const plan: Plan = {
    multipart: true,
    partSize: entry.partSize,
    parts: Math.max(1, Math.ceil(size / entry.partSize)),
  };
  const begunWith = (parts: ReadonlyMap<number, StoredPart>): Begun => {
    const foundBytes = total(parts.values());
    work.upload.onFound(foundBytes);
    return { open, plan, parts: new Map(parts), foundBytes };
  };
  const listed = await tools.pool
    .run(() => listParts(tools.edge, open, entry.algorithm))
    .catch((error: unknown) => {
      if (error instanceof UploadGone) return undefined;
      throw error;
    });
  if (listed === undefined) {
    // Completed, and only the answer was lost? Complete can be asked again, if every part is known.
    const complete = missing(plan, size, recorded.parts).next().done === true;
    return complete ? begunWith(recorded.parts) : undefined;
  }
  const { kept, doubtful } = reconcile(size, plan, recorded.parts, listed);
  const parts = new Map(kept.map((part) => [part.number, part]));
  await forEachAtOnce(doubtful, tools.pool.size, async (part) => {
    const proved = await tools.pool.run(() => proveListed(part, work.file, plan, tools.digester));
    if (proved !== undefined) parts.set(part.number, proved);
  });
  return begunWith(parts);
}

function isSame(entry: JournalEntry, wanted: Wanted, partSizeAsked: boolean): boolean {
  return (
    entry.size === wanted.size &&
    entry.mtimeNs === wanted.mtimeNs &&
    entry.inode === wanted.inode &&
    entry.sample === wanted.sample &&
    entry.headers === wanted.headers &&
    entry.algorithm === wanted.algorithm &&
    (!partSizeAsked || entry.partSize === wanted.partSize)
  );
}

function total(parts: Iterable<StoredPart>): number {
  let bytes = 0;
  for (const { size } of parts) bytes += size;
  return bytes;
}

/** Reads the file's own bytes to tell whether a part that the store lists is theirs. */
async function proveListed(
  listed: ListedPart,
  file: SourceFile,
  plan: Plan,
  digester: Digester,
): Promise<StoredPart | undefined> {
  const { from, length } = partOf(listed.number, file.size, plan);
  const stretch = await measure(file, from, length, digester);
  const { number, size, etag } = listed;
  if (!(await sameBytes(stretch, listed))) return undefined;
  return { number, size, etag, checksum: stretch.digest.toString('base64') };
}

/** Sends what is missing, and has the store put the whole together. */
async function finish(
  { open, plan, parts, foundBytes }: Begun,
  journal: Journal,
  { file, upload }: InParts,
  { edge, digester, pool, signal }: Tools,
): Promise<Stored> {
  const { algorithm } = digester;
  let attempts = 1;
  await forEachAtOnce(missing(plan, file.size, parts), pool.size, (part) =>
    pool.run(async () => {
      if (signal.aborted) throw interrupted();
      const stretch = await measure(file, part.from, part.length, digester);
      const sent = await putPart(edge, open, part.number, stretch, { algorithm, onSent: upload.onSent });
      parts.set(part.number, sent.part);
      attempts = Math.max(attempts, sent.attempts);
      await journal.add(sent.part);
    }),
  );
  await file.checkUnchanged();
  const inOrder = [...parts.values()].sort((a, b) => a.number - b.number);
  const done = await pool.run(() =>
    completeUpload(edge, open, inOrder, { algorithm, noClobber: upload.noClobber }),
  );
  return { ...done, bytes: file.size, parts: plan.parts, attempts, resumedBytes: foundBytes };
}

function* missing(plan: Plan, size: number, have: ReadonlyMap<number, StoredPart>): Generator<Part> {
  for (let number = 1; number <= plan.parts; number += 1) {
    if (!have.has(number)) yield partOf(number, size, plan);
  }
}

/** Takes away what the store has of an upload that cannot be finished. Why it cannot is the error that counts. */
async function giveBack({ open }: Begun, journal: Journal, { edge, pool }: Tools): Promise<void> {
  try {
    await pool.run(() => abortUpload(edge, open));
    await journal.remove();
  } catch (error) {
    // The journal stays, and with it `uploads abort`.
    if (!isUserError(error)) throw error;
  }
}

/** Says what can be gone on from, where something can. */
function withProgress(error: unknown, { parts }: Begun, size: number): unknown {
  if (!isUserError(error) || HOPELESS.has(error.code)) return error;
  const hint = `${formatBytes(total(parts.values()))} of ${formatBytes(size)} are stored; the same command goes on from there.`;
  return new UserError(error.code, error.message, {
    hint: error.hint === undefined ? hint : `${error.hint} ${hint}`,
    cause: error,
  });
}
