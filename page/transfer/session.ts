import { type Part, partsOf } from '../../protocol/parts.ts';
import { sampleOf } from '../resume/fingerprint.ts';
import type { Journal, JournalEntry, Recorded } from '../resume/journal.ts';
import type { Digester } from './digester.ts';
import { existsMaybeOurs } from './edge-client.ts';
import type { Progress } from './progress.ts';
import { UploadConflict, UploadGone } from './refusals.ts';
import {
  abortUpload,
  completeUpload,
  crcOf,
  createUpload,
  isSamePart,
  type ListedPart,
  listParts,
  type ObjectOptions,
  putPart,
  readCrc,
  type Segment,
  type StoredPart,
  type Target,
} from './requests.ts';
import { UploadError } from './upload-error.ts';

/** What one upload is made of. */
export interface Work {
  readonly file: File;
  readonly owner: string;
  readonly target: Target;
  readonly object: ObjectOptions;
  readonly journal: Journal;
  readonly digester: Digester;
  readonly progress: Progress;
}

/** Parts of one file that wait for a slot at once; the edge client's slots are those of all files. */
const PARTS_AT_ONCE = 4;

/** Uploads that are opened for one file before the last one's error is reported. */
const SESSIONS = 3;

/** An open multipart upload. */
interface Session {
  readonly entry: JournalEntry;
  readonly stored: Map<number, StoredPart>;
  /** Parts that the store lists and the journal does not have. */
  readonly listed: ReadonlyMap<number, ListedPart>;
  /** The store may have completed it already: its answer was lost. */
  readonly mayBeComplete: boolean;
}

export interface Completed {
  readonly etag: string;
  readonly crc: number;
}

/**
 * Stores a file by a multipart upload, resuming the one in the journal if it is of the same file. Parts stay stored and
 * recorded until the object is proved, so that an upload that ends early can be resumed.
 * @throws {UploadError}
 */
export async function uploadInParts(work: Work, partSize: number): Promise<Completed> {
  const { file } = work;
  const sample = await sampleOf(file);
  let session = await resume(work, sample);
  for (let sessions = 1; ; sessions += 1) {
    session ??= await begin(work, { sample, partSize });
    try {
      await sendMissing(session, work);
      if ((await sampleOf(file)) !== sample) throw changed();
      return await complete(session, work);
    } catch (error) {
      const again = error instanceof UploadGone || error instanceof UploadConflict;
      if (again || (error instanceof UploadError && error.final)) {
        await discardUpload(work, session.entry.uploadId);
      }
      if (!again) throw error;
      if (sessions === SESSIONS)
        throw new UploadError('gave_up', 'The store dropped the upload again and again.');
      work.progress.reset();
      session = undefined;
    }
  }
}

function changed(): UploadError {
  return new UploadError('file_changed', 'The file was changed while it was sent.');
}

/** Bytes that differ may be those of a file that was changed between its digest and its sending. */
export async function explained(
  error: unknown,
  { slice, crc }: Segment,
  digester: Digester,
): Promise<unknown> {
  if (!(error instanceof UploadError) || error.code !== 'bytes_differ') return error;
  return (await digester.digest(slice)) === crc ? error : changed();
}

async function begin(
  { file, owner, target, object, journal }: Work,
  { sample, partSize }: { readonly sample: string; readonly partSize: number },
): Promise<Session> {
  const uploadId = await createUpload(target, object);
  const { name, size, lastModified } = file;
  const { edge, key } = target;
  const entry = {
    origin: edge.origin,
    key,
    owner,
    name,
    size,
    lastModified,
    sample,
    contentType: object.contentType,
    partSize,
    uploadId,
    startedAt: Date.now(),
  };
  await journal.begin(entry);
  return { entry, stored: new Map(), listed: new Map(), mayBeComplete: false };
}

/** Returns the upload in the journal; `undefined` where there is none to resume. One of another file or owner is aborted. */
async function resume(work: Work, sample: string): Promise<Session | undefined> {
  const { file, owner, target, journal, progress } = work;
  const recorded = await journal.find({ origin: target.edge.origin, key: target.key });
  if (recorded === undefined) return undefined;
  const { entry } = recorded;
  const { size, lastModified } = file;
  const isSameFile = entry.size === size && entry.lastModified === lastModified && entry.sample === sample;
  if (!isSameFile || entry.owner !== owner) {
    await discardUpload(work, entry.uploadId);
    return undefined;
  }
  const session = await compare(recorded, target).catch(async (error: unknown) => {
    if (error instanceof UploadGone) return undefined;
    throw error;
  });
  if (session === undefined) await journal.remove(entry);
  else progress.resumed([...session.stored.values()]);
  return session;
}

/** Compares what the journal has with what the store lists: neither is trusted alone. */
async function compare({ entry, parts }: Recorded, target: Target): Promise<Session> {
  const plan = partsOf(entry.size, entry);
  const recorded = new Map(
    parts.filter(({ number, size }) => plan[number - 1]?.length === size).map((part) => [part.number, part]),
  );
  try {
    const listed = new Map((await listParts(target, entry.uploadId)).map((part) => [part.number, part]));
    const stored = [...recorded].filter(([number, part]) => {
      const other = listed.get(number);
      return other !== undefined && isSamePart(part, other);
    });
    return { entry, stored: new Map(stored), listed, mayBeComplete: false };
  } catch (error) {
    // It may have been completed and the answer lost. With every part recorded, it can be completed again.
    if (!(error instanceof UploadGone) || recorded.size < plan.length) throw error;
    return { entry, stored: recorded, listed: new Map(), mayBeComplete: true };
  }
}

async function sendMissing({ entry, stored, listed }: Session, work: Work): Promise<void> {
  const { file, target, journal, digester, progress } = work;
  const { edge, key } = target;
  const failure = new AbortController();
  const signal = AbortSignal.any([target.signal, failure.signal]);

  const send = async ({ number, from, length }: Part): Promise<StoredPart> => {
    const slice = file.slice(from, from + length);
    const crc = await digester.digest(slice);
    const found = listed.get(number);
    if (found?.size === length && readCrc(found.checksum) === crc) {
      return { number, size: length, etag: found.etag, crc };
    }
    const request = progress.request();
    try {
      const part = { uploadId: entry.uploadId, number };
      const following = { edge, key, signal, onWaiting: request.waits };
      return await putPart(following, part, { slice, crc }, request.sent);
    } catch (error) {
      throw await explained(error, { slice, crc }, digester);
    } finally {
      request.end();
    }
  };

  const missing = partsOf(file.size, entry).filter(({ number }) => !stored.has(number));
  const queue = missing.values();
  const sendSome = async () => {
    for (const part of queue) {
      await edge.slots.run(signal, async () => {
        const sent = await send(part);
        stored.set(sent.number, sent);
        progress.stored(sent);
        await journal.add(entry, sent);
      });
    }
  };
  let first: unknown;
  const ended = Array.from({ length: PARTS_AT_ONCE }, () =>
    sendSome().catch((error: unknown) => {
      first ??= error;
      failure.abort();
    }),
  );
  await Promise.all(ended);
  if (first !== undefined) throw first;
}

async function complete(session: Session, { target, object, journal, progress }: Work): Promise<Completed> {
  const { entry, stored, mayBeComplete } = session;
  const parts = [...stored.values()].sort((a, b) => a.number - b.number);
  const request = progress.request();
  progress.finishing();
  try {
    const following = { ...target, onWaiting: request.waits };
    const etag = await completeUpload(following, entry.uploadId, parts, object);
    await journal.remove(entry);
    return { etag, crc: crcOf(parts) };
  } catch (error) {
    const exists = error instanceof UploadError && error.code === 'exists';
    throw mayBeComplete && exists ? existsMaybeOurs() : error;
  } finally {
    request.end();
  }
}

/** For clean-up, milliseconds. */
const CLEAN_UP_MS = 10_000;

/** Aborts an upload at the store and deletes its entry. What cannot be aborted, the bucket's rule aborts after seven days. */
export async function discardUpload(
  { target, journal }: Pick<Work, 'target' | 'journal'>,
  uploadId: string,
): Promise<void> {
  const { edge, key } = target;
  await journal.remove({ origin: edge.origin, key });
  const signal = AbortSignal.timeout(CLEAN_UP_MS);
  // The reason for which the upload ended is the one to report.
  await abortUpload({ edge, key, signal }, uploadId).catch(() => {});
}
