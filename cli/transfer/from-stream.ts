import type { Readable } from 'node:stream';
import { interrupted, isUserError, UserError } from '../errors.ts';
import { formatBytes } from '../ui/format.ts';
import { checkSize, type EdgeLimits } from './edge-limits.ts';
import {
  abortUpload,
  completeUpload,
  createUpload,
  type OpenUpload,
  putPart,
  type StoredPart,
} from './multipart.ts';
import { DEFAULT_PART, MAX_PARTS } from './plan.ts';
import { forEachAtOnce } from './pool.ts';
import { readUntil } from './read-until.ts';
import { measureBuffer } from './stretch.ts';
import type { Tools } from './tools.ts';
import { tryAbortUnanswered } from './unanswered.ts';
import { putWhole, type Stored, type Upload } from './whole.ts';

/** A stream cannot be read again, so each part is held in memory until it is stored: so many at once, at most. */
const PARTS_AT_ONCE = 4;

export interface FromStream {
  readonly stream: Readable;
  /** Whose bytes they are, as it stands in a sentence. */
  readonly name: string;
  readonly upload: Upload;
  readonly partSize?: number;
}

/** The most that a stream can have, in bytes, and the memory that its upload takes. */
export function streamBounds(partSize = DEFAULT_PART): { readonly bytes: number; readonly memory: number } {
  return { bytes: MAX_PARTS * partSize, memory: (PARTS_AT_ONCE + 1) * partSize };
}

/**
 * Stores what a stream gives: by one PUT where it ends within one part, else by a multipart upload whose parts are held
 * in memory, `streamBounds` says how much. It cannot be gone on from; when it fails the store is told to forget it.
 * @throws {UserError} `too_large` past 10,000 parts.
 */
export async function putStream(
  { stream, name, upload, partSize = DEFAULT_PART }: FromStream,
  tools: Tools,
): Promise<Stored> {
  const { edge, digester, pool } = tools;
  const buffers = inBuffers(stream, partSize, tools.signal);
  const first = await buffers.next();
  const head = first.done ? Buffer.alloc(0) : first.value;
  if (head.length < partSize) {
    const stretch = await measureBuffer(name, head, digester);
    return pool.run(() => putWhole(stretch, upload, digester, edge));
  }
  const limits = await tools.limits();
  const startedAt = tools.now().toISOString();
  let since: string | undefined;
  const open = await pool.run(() =>
    createUpload(edge, upload, digester.algorithm, () => {
      since = startedAt;
    }),
  );
  try {
    const sending = { name, upload, partSize, limits, since };
    return await sendParts(open, prepend(head, buffers), sending, tools);
  } catch (error) {
    await giveBack(open, tools);
    throw error;
  }
}

interface Sending {
  readonly name: string;
  readonly upload: Upload;
  readonly partSize: number;
  readonly limits: EdgeLimits;
  /** Since when another upload may be open whose id is not known; ISO 8601. */
  readonly since: string | undefined;
}

async function sendParts(
  open: OpenUpload,
  buffers: AsyncIterable<Buffer>,
  { name, upload, partSize, limits, since }: Sending,
  tools: Tools,
): Promise<Stored> {
  const { edge, digester, pool, signal } = tools;
  const { algorithm } = digester;
  const parts: StoredPart[] = [];
  let attempts = 1;
  await forEachAtOnce(numbered(buffers), PARTS_AT_ONCE, async ([number, bytes]) => {
    if (number > MAX_PARTS) throw tooLong(name, partSize);
    checkSize(name, (number - 1) * partSize + bytes.length, limits);
    if (signal.aborted) throw interrupted();
    const stretch = await measureBuffer(name, bytes, digester);
    const options = { algorithm, onSent: upload.onSent };
    const sent = await pool.run(() => putPart(edge, open, number, stretch, options));
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

/** The stream in buffers of `size` bytes, the last one apart. */
async function* inBuffers(
  stream: Readable,
  size: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, void> {
  let chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of readUntil(stream, 'standard input', signal)) {
    let rest = chunk;
    while (length + rest.length >= size) {
      const taken = rest.subarray(0, size - length);
      yield Buffer.concat([...chunks, taken], size);
      rest = rest.subarray(taken.length);
      chunks = [];
      length = 0;
    }
    if (rest.length > 0) chunks.push(rest);
    length += rest.length;
  }
  if (length > 0) yield Buffer.concat(chunks, length);
}

async function* prepend<T>(head: T, rest: AsyncIterable<T>): AsyncGenerator<T, void, void> {
  yield head;
  yield* rest;
}

async function* numbered<T>(items: AsyncIterable<T>): AsyncGenerator<readonly [number, T], void, void> {
  let number = 0;
  for await (const item of items) {
    number += 1;
    yield [number, item];
  }
}

function tooLong(name: string, partSize: number): UserError {
  return new UserError(
    'too_large',
    `${name} has more than ${formatBytes(streamBounds(partSize).bytes)}, which is ${MAX_PARTS.toLocaleString('en-US')} parts.`,
    { hint: 'Give it larger parts, such as --part-size 256M; they are held in memory.' },
  );
}

/** Nothing can be gone on from. That it also could not be taken away would only hide why. */
async function giveBack(open: OpenUpload, { closing }: Tools): Promise<void> {
  try {
    await abortUpload(closing, open);
  } catch (error) {
    if (!isUserError(error)) throw error;
  }
}
