import { keyProblem } from '../../protocol/object-url.ts';
import { DEFAULT_PART, MAX_PART, MAX_PARTS, suitablePartSize } from '../../protocol/parts.ts';
import type { Destination, Journal } from '../resume/journal.ts';
import type { Digester } from './digester.ts';
import { checkSize, type EdgeClient } from './edge-client.ts';
import { explainMismatch } from './file-change.ts';
import { createProgress, type ProgressListener } from './progress.ts';
import { putObject } from './requests.ts';
import { type Completed, discardUpload, uploadInParts, type Work } from './session.ts';
import { stopped, UploadError } from './upload-error.ts';

export interface UploadOptions extends ProgressListener {
  readonly key: string;
  readonly edge: EdgeClient;
  readonly journal: Journal;
  readonly digester: Digester;
  /** Stops the upload. Stored parts are kept, so that the same call resumes it. */
  readonly signal: AbortSignal;
  /** Whose upload it is. An upload of another owner is not resumed. */
  readonly owner: string;
  /** Largest object in bytes that the edge accepts. */
  readonly maxSize?: number | undefined;
  /** Whether to keep an existing object. */
  readonly noClobber?: boolean;
}

/** A stored object whose bytes were verified against the file. */
export interface Stored {
  readonly key: string;
  readonly bytes: number;
  /** Eight hexadecimal digits. */
  readonly crc32: string;
  /** Without quotes. */
  readonly etag: string;
}

/** S3's limit of an object, in bytes. */
const MAX_SIZE = MAX_PARTS * MAX_PART;

/**
 * Uploads a file with one request or in parts. Resumes an unfinished upload of the same file to the same key.
 * @throws {UploadError}
 */
export async function upload(file: File, options: UploadOptions): Promise<Stored> {
  const { key, edge, journal, digester, signal, owner, maxSize = MAX_SIZE, noClobber = false } = options;
  if (keyProblem(key) !== undefined) throw new UploadError('bad_key');
  checkSize(file.size, Math.min(maxSize, MAX_SIZE));
  const work: Work = {
    file,
    owner,
    target: { edge, key, signal },
    object: { contentType: contentType(file), noClobber },
    journal,
    digester,
    progress: createProgress(options),
  };
  const { etag, crc } = await alone({ origin: edge.origin, key }, signal, () =>
    file.size > DEFAULT_PART ? uploadInParts(work, suitablePartSize(file.size)) : uploadWhole(work),
  );
  return { key, bytes: file.size, crc32: crc.toString(16).padStart(8, '0'), etag };
}

/** RFC 9110, section 8.3.1: type and subtype, with optional parameters. Browsers derive the type from the file name. */
function contentType({ type }: File): string {
  return /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;[\x20-\x7e]*)?$/.test(type) ? type : 'application/octet-stream';
}

async function uploadWhole(work: Work): Promise<Completed> {
  const { file, target, object, journal, digester, progress } = work;
  const { edge, key, signal } = target;
  const earlier = await journal.find({ origin: edge.origin, key });
  // The file was larger then, or another file was chosen.
  if (earlier !== undefined) await discardUpload(work, earlier.entry.uploadId);
  return edge.slots.run(signal, async () => {
    const segment = { slice: file, crc: await digester.digest(file) };
    const request = progress.request();
    try {
      const following = { ...target, onWaiting: request.waits };
      const etag = await putObject(following, segment, object, request.sent);
      request.end();
      progress.stored(file);
      return { etag, crc: segment.crc };
    } catch (error) {
      throw await explainMismatch(error, segment, digester);
    } finally {
      request.end();
    }
  });
}

const lockOf = ({ origin, key }: Destination) => `edge-upload ${origin}/${key}`;

/** Returns the keys to which this browser is uploading, in any tab. */
export async function busyKeys(origin: string): Promise<ReadonlySet<string>> {
  const { locks } = navigator as { readonly locks?: LockManager };
  const { held = [] } = (await locks?.query().catch(() => undefined)) ?? {};
  const start = lockOf({ origin, key: '' });
  return new Set(held.map(({ name = '' }) => (name.startsWith(start) ? name.slice(start.length) : '')));
}

/** Milliseconds that an ending upload, in this tab or in one that is reloading, has to release its key. */
const WAIT_MS = 2_000;

/**
 * Runs work while no other upload of this browser uses the key.
 * @throws {UploadError} `busy`
 */
async function alone<T>(place: Destination, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const { locks } = navigator as { readonly locks?: LockManager };
  if (locks === undefined) return work();
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), WAIT_MS);
  let running = false;
  try {
    return await locks.request(lockOf(place), { signal: AbortSignal.any([signal, late.signal]) }, () => {
      clearTimeout(timer);
      running = true;
      return work();
    });
  } catch (error) {
    if (running) throw error;
    if (signal.aborted) throw stopped();
    // A browser that blocks a site's data also refuses its locks.
    if (!late.signal.aborted) return work();
    throw new UploadError('busy', { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** Aborts the unfinished upload to a key and deletes its entry, unless it is running, for example in another tab. */
export async function discard({
  key,
  edge,
  journal,
}: Pick<UploadOptions, 'key' | 'edge' | 'journal'>): Promise<void> {
  const place = { origin: edge.origin, key };
  const { signal } = new AbortController();
  try {
    await alone(place, signal, async () => {
      const unfinished = await journal.find(place);
      if (unfinished === undefined) return;
      await discardUpload({ target: { edge, key, signal }, journal }, unfinished.entry.uploadId);
    });
  } catch (error) {
    if (!(error instanceof UploadError && error.code === 'busy')) throw error;
  }
}
