import { type Part, partsOf } from '../../protocol/parts.ts';
import type { Journal, JournalEntry, RecordedUpload } from '../resume/journal.ts';
import type { Digester } from './digester.ts';
import { existsMaybeOurs } from './edge-client.ts';
import { checkUnchanged, explainMismatch } from './file-change.ts';
import { type Progress, shown } from './progress.ts';
import { sampleOf } from './read-file.ts';
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
  type StoredPart,
  type Target,
} from './requests.ts';
import { UploadError } from './upload-error.ts';

/** What an upload needs. */
export interface Work {
  readonly file: File;
  readonly owner: string;
  readonly target: Target;
  readonly object: ObjectOptions;
  readonly journal: Journal;
  readonly digester: Digester;
  readonly progress: Progress;
}

/** Parts of one file that wait for a slot at the same time. The edge client's slots are shared by all files. */
const PARTS_AT_ONCE = 4;

/** Multipart uploads started for one file before the last error is reported. */
const SESSIONS = 3;

/** An open multipart upload. */
interface Session {
  readonly entry: JournalEntry;
  readonly stored: Map<number, StoredPart>;
  /** Parts that the store lists but the journal does not contain. */
  readonly listed: ReadonlyMap<number, ListedPart>;
  /** Whether the store may have completed it already, because the response was lost. */
  readonly mayBeComplete: boolean;
}

export interface Completed {
  readonly etag: string;
  readonly crc: number;
}

/**
 * Stores a file with a multipart upload. Resumes the one in the journal if it is of the same file. Parts stay stored
 * and recorded until the object is verified, so that an interrupted upload can be resumed.
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
      work.progress.finishing();
      await checkUnchanged({ file, ...session }, work.digester, work.target.signal);
      return await complete(session, work);
    } catch (error) {
      const again = error instanceof UploadGone || error instanceof UploadConflict;
      if (again || (error instanceof UploadError && error.final)) {
        await discardUpload(work, session.entry.uploadId);
      }
      if (!again) throw error;
      if (sessions === SESSIONS) throw new UploadError('gave_up');
      work.progress.reset();
      session = undefined;
    }
  }
}

async function begin(
  work: Work,
  { sample, partSize }: { readonly sample: string; readonly partSize: number },
): Promise<Session> {
  const { file, owner, target, object, journal } = work;
  const uploadId = await shown(work, (following) => createUpload(following, object));
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

/** Returns the upload in the journal; `undefined` if there is none to resume. Aborts one of another file or owner. */
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
  const session = await shown(work, (following) => compare(recorded, following)).catch(
    async (error: unknown) => {
      if (error instanceof UploadGone) return undefined;
      throw error;
    },
  );
  if (session === undefined) await journal.remove(entry);
  else progress.resumed([...session.stored.values()]);
  return session;
}

/** Compares the journal with the store's list. A part counts only if both have it. */
async function compare({ entry, parts }: RecordedUpload, target: Target): Promise<Session> {
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
    // The upload may have been completed and the response lost. With every part recorded, it can be completed again.
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
      throw await explainMismatch(error, { slice, crc }, digester);
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

async function complete(session: Session, work: Work): Promise<Completed> {
  const { entry, stored, mayBeComplete } = session;
  const parts = [...stored.values()].sort((a, b) => a.number - b.number);
  try {
    const etag = await shown(work, (following) =>
      completeUpload(following, entry.uploadId, parts, work.object),
    );
    await work.journal.remove(entry);
    return { etag, crc: crcOf(parts) };
  } catch (error) {
    const exists = error instanceof UploadError && error.code === 'exists';
    throw mayBeComplete && exists ? existsMaybeOurs() : error;
  }
}

/** Milliseconds for cleaning up. */
const CLEAN_UP_MS = 10_000;

/** Aborts an upload and deletes its entry. If that fails, the bucket's lifecycle rule aborts it after seven days. */
export async function discardUpload(
  { target, journal }: Pick<Work, 'target' | 'journal'>,
  uploadId: string,
): Promise<void> {
  const { edge, key } = target;
  await journal.remove({ origin: edge.origin, key });
  const signal = AbortSignal.timeout(CLEAN_UP_MS);
  // The caller reports the error that ended the upload.
  await abortUpload({ edge, key, signal }, uploadId).catch(() => {});
}
