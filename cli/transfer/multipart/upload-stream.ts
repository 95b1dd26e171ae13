import type { Readable } from 'node:stream';
import { MAX_PARTS, suitablePartSize } from '../../../protocol/parts.ts';
import { interrupted, UserError } from '../../errors.ts';
import { formatBytes } from '../../ui/format.ts';
import type { Digester } from '../integrity.ts';
import type { Limits } from '../limits.ts';
import { checkSize, type EdgeLimits } from '../limits.ts';
import { createPool, forEachAtOnce, unlessFailed } from '../pacing/pool.ts';
import { type MultipartMode, planUpload, STREAM_PART } from '../plan.ts';
import { type ObjectUpload, putObject, type Stored } from '../put-object.ts';
import { bufferSegment, type Segment } from '../sources/segment.ts';
import { readUntil } from '../sources/until-aborted.ts';
import { type AbortContext, abortEarlierStreams } from './abort.ts';
import { type BufferedPart, bufferedParts } from './buffered-parts.ts';
import { streamEntry } from './journal-entry.ts';
import { type Journals, useJournal } from './journals.ts';
import { MultipartSession, type SessionContext } from './session.ts';

/** Parts under way at once: each is in memory until it is stored. */
const CONCURRENT_PARTS = 4;

/** S3 completes no upload without parts, so an empty stream is one empty part. */
const NO_BYTES: BufferedPart = { number: 1, bytes: Buffer.alloc(0), release: () => {} };

export interface StreamUpload {
  readonly stream: Readable;
  /** The name of the source in messages. */
  readonly name: string;
  /** Bytes, if known: the parts are large enough for them. */
  readonly size?: number | undefined;
  readonly upload: ObjectUpload;
  readonly onRead?: (bytes: number) => void;
}

export interface StreamOptions {
  /** Bytes. */
  readonly partSize?: number;
  /** Maximum parts under way at once. */
  readonly concurrency?: number;
  /** `always`: in parts, even if it is short; `never`: by one PUT, or not at all. */
  readonly multipart?: MultipartMode;
}

export interface StreamUploadContext extends SessionContext, AbortContext {
  /** Absent: an upload that is interrupted starts again. */
  readonly journals: Journals | undefined;
  readonly limits: Limits;
  readonly digester: Digester;
}

/**
 * Stores a stream: by one PUT if it fits in one part, otherwise by a multipart upload. A stream cannot be resumed.
 * After a failure the upload is aborted; after a kill, `uploads abort` and the next stream to the same key find it by
 * its journal.
 * @throws {UserError} `too_large` beyond 10,000 parts; `usage` beyond one part with `never`.
 */
export async function uploadStream(
  source: StreamUpload,
  options: StreamOptions,
  context: StreamUploadContext,
): Promise<Stored> {
  try {
    return await sendStream(source, options, context);
  } catch (error) {
    // An open pipe would keep the process alive until its writer ends.
    source.stream.destroy();
    throw error;
  }
}

async function sendStream(
  { stream, name, size, upload, onRead = () => {} }: StreamUpload,
  options: StreamOptions,
  context: StreamUploadContext,
): Promise<Stored> {
  const { concurrency = CONCURRENT_PARTS, multipart = 'auto' } = options;
  const partSize = partSizeFor(name, size, options);
  const { edge, digester, slots, journals } = context;
  const { key } = upload;
  const parts = bufferedParts(counted(readUntil(stream, name, context.signal), onRead), partSize);
  const [first = NO_BYTES, second] = [await nextOf(parts), await nextOf(parts)];
  if (second !== undefined && multipart === 'never') throw needsParts(name, partSize);
  if (second === undefined && multipart !== 'always') {
    const segment = await bufferSegment(name, first.bytes, digester);
    await abortEarlierStreams(journals, key, context);
    return slots.run(() => putObject(segment, upload, digester, edge));
  }
  const limits = await context.limits.fresh();
  const entry = streamEntry({ url: edge.url, key, partSize, algorithm: digester.algorithm });
  await abortEarlierStreams(journals, key, context);
  return useJournal(journals, entry, context.signal, async (journal) => {
    const options = { fingerprint: entry, unansweredSince: undefined };
    const session = await MultipartSession.open({ journal, upload }, options, context);
    try {
      const read = second === undefined ? [first] : [first, second];
      const sending = { name, onSent: upload.onSent, concurrency, limits };
      await sendParts(session, chain(read, parts), sending, context);
      return await session.complete();
    } catch (error) {
      await session.abort();
      throw error;
    }
  });
}

/** @throws {UserError} for a size that S3 would refuse only after the last part. */
function partSizeFor(name: string, size: number | undefined, options: StreamOptions): number {
  if (size === undefined) return options.partSize ?? STREAM_PART;
  const { partSize = suitablePartSize(size, STREAM_PART) } = options;
  if (size > partSize) planUpload(name, size, { ...options, partSize });
  return partSize;
}

interface Sending {
  readonly name: string;
  readonly onSent: (bytes: number) => void;
  readonly concurrency: number;
  readonly limits: EdgeLimits;
}

async function sendParts(
  session: MultipartSession,
  parts: AsyncIterable<BufferedPart>,
  { name, onSent, concurrency, limits }: Sending,
  { digester, slots, signal }: StreamUploadContext,
): Promise<void> {
  const { partSize } = session;
  const underWay = createPool(concurrency);
  const failing = new AbortController();
  const retryUntil = failing.signal;
  const send = (number: number, segment: Segment) =>
    unlessFailed(failing, () => session.send(number, segment, { onSent, retryUntil }));
  const sendNext = async ({ number, bytes, release }: BufferedPart) => {
    if (number > MAX_PARTS) throw tooLong(name, partSize);
    checkSize(name, (number - 1) * partSize + bytes.length, limits);
    if (signal.aborted) throw interrupted();
    const segment = await bufferSegment(name, bytes, digester);
    await underWay.run(() => slots.run(() => send(number, segment)));
    release();
  };
  await forEachAtOnce(parts, concurrency + 1, sendNext, failing);
  if (signal.aborted) throw interrupted();
}

async function* counted(
  chunks: AsyncIterable<Buffer>,
  onRead: (bytes: number) => void,
): AsyncGenerator<Buffer, void, void> {
  for await (const chunk of chunks) {
    onRead(chunk.length);
    yield chunk;
  }
}

async function nextOf(parts: AsyncGenerator<BufferedPart, void, void>): Promise<BufferedPart | undefined> {
  const next = await parts.next();
  return next.done ? undefined : next.value;
}

async function* chain(
  read: readonly BufferedPart[],
  rest: AsyncIterable<BufferedPart>,
): AsyncGenerator<BufferedPart, void, void> {
  yield* read;
  yield* rest;
}

function tooLong(name: string, partSize: number): UserError {
  const bytes = formatBytes(MAX_PARTS * partSize);
  return new UserError(
    'too_large',
    `${name} has more than ${bytes}, which is ${MAX_PARTS.toLocaleString('en-US')} parts.`,
    {
      hint: 'Upload it in larger parts, which are kept in memory: --part-size 256M',
      library: { hint: 'Upload it in larger parts, which are kept in memory, with a larger partSize.' },
    },
  );
}

function needsParts(name: string, partSize: number): UserError {
  return new UserError(
    'usage',
    `${name} has more than ${formatBytes(partSize)}, and --multipart never does not divide it.`,
    {
      hint: 'Give a larger --part-size, which is kept in memory, or omit --multipart.',
      library: {
        message: `${name} has more than ${formatBytes(partSize)}, and multipart “never” does not divide it.`,
        hint: 'Give a larger partSize, which is kept in memory, or omit multipart.',
      },
    },
  );
}
