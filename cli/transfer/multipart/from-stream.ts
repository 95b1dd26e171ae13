import type { Readable } from 'node:stream';
import { interrupted, UserError } from '../../errors.ts';
import { formatBytes } from '../../ui/format.ts';
import { createPool, forEachAtOnce } from '../pacing/pool.ts';
import { DEFAULT_PART, MAX_PARTS, type MultipartMode } from '../plan.ts';
import { readUntil } from '../sources/read-until.ts';
import { measureBuffer } from '../sources/stretch.ts';
import type { Tools } from '../tools.ts';
import { putWhole, type Stored, type Upload } from '../whole.ts';
import { checkSize, type EdgeLimits } from '../wire/edge-limits.ts';
import { giveBack } from './abandon.ts';
import { type HeldPart, heldParts } from './held-parts.ts';
import { completeUpload, type OpenUpload, putPart, type StoredPart } from './multipart.ts';
import { openUpload } from './open-upload.ts';
import { abandonEarlierStreams, withStreamJournal } from './stream-journal.ts';
import { tryAbortUnanswered } from './unanswered.ts';

/** A stream cannot be read again, so each part is held in memory until it is stored: so many under way, at most. */
const PARTS_AT_ONCE = 4;

/** What an empty stream is uploaded as: S3 makes no object of no parts. */
const NO_BYTES: HeldPart = { number: 1, bytes: Buffer.alloc(0), release: () => {} };

export interface FromStream {
  readonly stream: Readable;
  /** Whose bytes they are, as it stands in a sentence. */
  readonly name: string;
  readonly upload: Upload;
}

/** How much of a stream goes out at once. */
export interface StreamOptions {
  /** Bytes. */
  readonly partSize?: number;
  /** Parts under way at once. */
  readonly concurrency?: number;
  /** `always`: in parts, however short it is; `never`: by one PUT, or not at all. */
  readonly multipart?: MultipartMode;
}

/** The most that a stream can have, in bytes, and the memory that its upload takes: a part is read while others go out. */
export function streamBounds({
  partSize = DEFAULT_PART,
  concurrency = PARTS_AT_ONCE,
  multipart = 'auto',
}: StreamOptions): { readonly bytes: number; readonly memory: number } {
  const [parts, underWay] = multipart === 'never' ? [1, 1] : [MAX_PARTS, concurrency];
  return { bytes: parts * partSize, memory: (underWay + 1) * partSize };
}

/**
 * Stores what a stream gives: by one PUT where it fits in one part, else by a multipart upload whose parts are held
 * in memory, `streamBounds` says how much. It cannot be gone on from; when it fails the store is told to forget it, and
 * when it is killed its journal tells the next one to the same key, and `uploads abort`.
 * @throws {UserError} `too_large` past 10,000 parts; `usage` past one that must not be divided.
 */
export async function putStream(
  { stream, name, upload }: FromStream,
  { partSize = DEFAULT_PART, concurrency = PARTS_AT_ONCE, multipart = 'auto' }: StreamOptions,
  tools: Tools,
): Promise<Stored> {
  const { edge, digester, pool } = tools;
  const parts = heldParts(readUntil(stream, 'standard input', tools.signal), partSize);
  const [first = NO_BYTES, second] = [await nextOf(parts), await nextOf(parts)];
  if (second !== undefined && multipart === 'never') throw mustBeDivided(name, partSize);
  if (second === undefined && multipart !== 'always') {
    const stretch = await measureBuffer(name, first.bytes, digester);
    await abandonEarlierStreams(upload.key, tools);
    return pool.run(() => putWhole(stretch, upload, digester, edge));
  }
  const limits = await tools.limits.fresh();
  return withStreamJournal(upload.key, partSize, tools, async (entry, journal) => {
    const opened = await openUpload(journal, { upload, entry, unanswered: false }, tools);
    try {
      const read = second === undefined ? [first] : [first, second];
      const sending = { name, upload, partSize, concurrency, limits, since: opened.unansweredSince };
      const stored = await sendParts(opened.open, chain(read, parts), sending, tools);
      await journal.remove();
      return stored;
    } catch (error) {
      // Nothing can be gone on from.
      await giveBack({ key: upload.key, ...opened }, journal, tools);
      throw error;
    }
  });
}

interface Sending {
  readonly name: string;
  readonly upload: Upload;
  readonly partSize: number;
  readonly concurrency: number;
  readonly limits: EdgeLimits;
  /** Since when another upload may be open whose id is not known; ISO 8601. */
  readonly since: string | undefined;
}

async function sendParts(
  open: OpenUpload,
  held: AsyncIterable<HeldPart>,
  { name, upload, partSize, concurrency, limits, since }: Sending,
  tools: Tools,
): Promise<Stored> {
  const { edge, digester, pool, signal } = tools;
  const { algorithm } = digester;
  const parts: StoredPart[] = [];
  let attempts = 1;
  const underWay = createPool(concurrency);
  await forEachAtOnce(held, concurrency + 1, async ({ number, bytes, release }) => {
    if (number > MAX_PARTS) throw tooLong(name, partSize);
    checkSize(name, (number - 1) * partSize + bytes.length, limits);
    if (signal.aborted) throw interrupted();
    const stretch = await measureBuffer(name, bytes, digester);
    const options = { algorithm, onSent: upload.onSent };
    const sent = await underWay.run(() => pool.run(() => putPart(edge, open, number, stretch, options)));
    release();
    parts.push(sent.part);
    attempts = Math.max(attempts, sent.attempts);
  });
  if (signal.aborted) throw interrupted();
  parts.sort((a, b) => a.number - b.number);
  if (since !== undefined) {
    await pool.run(() => tryAbortUnanswered(edge, { key: open.key, since, instead: open }, tools));
  }
  const done = await pool.run(() =>
    completeUpload(edge, open, parts, { algorithm, noClobber: upload.noClobber }),
  );
  const bytes = parts.reduce((sum, { size }) => sum + size, 0);
  return { ...done, bytes, parts: parts.length, attempts, resumedBytes: 0 };
}

async function nextOf(parts: AsyncGenerator<HeldPart, void, void>): Promise<HeldPart | undefined> {
  const next = await parts.next();
  return next.done ? undefined : next.value;
}

async function* chain(
  read: readonly HeldPart[],
  rest: AsyncIterable<HeldPart>,
): AsyncGenerator<HeldPart, void, void> {
  yield* read;
  yield* rest;
}

function tooLong(name: string, partSize: number): UserError {
  return new UserError(
    'too_large',
    `${name} has more than ${formatBytes(streamBounds({ partSize }).bytes)}, which is ${MAX_PARTS.toLocaleString('en-US')} parts.`,
    { hint: 'Give it larger parts, such as --part-size 256M; they are held in memory.' },
  );
}

function mustBeDivided(name: string, partSize: number): UserError {
  return new UserError(
    'usage',
    `${name} has more than ${formatBytes(partSize)}, and --multipart never forbids to divide it.`,
    { hint: 'Give it a larger --part-size, which is held in memory, or leave --multipart out.' },
  );
}
