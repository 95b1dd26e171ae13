import { createHash, randomUUID } from 'node:crypto';
import { type Fields, readFields } from '../../../protocol/fields.ts';
import { keyProblem } from '../../../protocol/object-url.ts';
import { MAX_PART, MAX_PARTS } from '../../../protocol/parts.ts';
import { command } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import { writtenByNewer } from '../../settings/records.ts';
import { ALGORITHMS, type Algorithm, readEtag } from '../integrity.ts';
import { MAX_OBJECT } from '../plan.ts';
import type { SourceFile } from '../sources/source-file.ts';
import { isUploadId, type StoredPart } from './requests.ts';

/** The source and destination of a multipart upload, by which the same command finds its journal. */
export interface JournalSubject {
  /** `https://<host>[:port]` of the edge. */
  readonly url: string;
  readonly key: string;
  /** Absolute path of the file. */
  readonly path: string;
}

/** Written before a multipart upload is opened at the store. */
export interface JournalEntry extends JournalSubject {
  /** Bytes of each part but the last. */
  readonly partSize: number;
  readonly algorithm: Algorithm;
  /** The state of the file when the upload was created. */
  readonly size: number;
  /** Nanoseconds since 1970, in digits. */
  readonly mtimeNs: string;
  readonly inode: string;
  /** Digest of the file's head and tail. */
  readonly sample: string;
  /** Digest of the object's header fields. */
  readonly headers: string;
  /** Time of the first attempt to create it, with or without a response; ISO 8601. */
  readonly startedAt: string;
}

/** Written once it is open. */
export interface Opened {
  readonly uploadId: string;
  /** An earlier attempt, since the entry's `startedAt`, may have created another upload whose id is unknown. */
  readonly unanswered: boolean;
}

/** An entry and the lines after it. */
export interface Recorded {
  readonly entry: JournalEntry;
  /** Absent if the run ended before the store's response. */
  readonly opened: Opened | undefined;
  readonly parts: ReadonlyMap<number, StoredPart>;
}

/** Time from which uploads of unknown id may be open, as an earlier run recorded it; ISO 8601. */
export function unansweredSince(recorded: Recorded | undefined): string | undefined {
  if (recorded === undefined) return undefined;
  return (recorded.opened?.unanswered ?? true) ? recorded.entry.startedAt : undefined;
}

/** Replaces the path and the file's state in the journal of a stream. No absolute path begins with it. */
const STREAM = '-';

/**
 * Creates the entry of an upload from a stream. Several can have one key at the same time, so each has its own path.
 */
export function streamEntry(
  entry: Pick<JournalEntry, 'url' | 'key' | 'partSize' | 'algorithm'>,
): Omit<JournalEntry, 'startedAt'> {
  const path = `${STREAM}${randomUUID()}`;
  return { ...entry, path, size: 0, mtimeNs: '0', inode: '0', sample: STREAM, headers: STREAM };
}

export function isOfStream({ path }: Pick<JournalSubject, 'path'>): boolean {
  return path.startsWith(STREAM);
}

/** Sum of the bytes of parts. */
export function totalSize(parts: ReadonlyMap<number, StoredPart>): number {
  return [...parts.values()].reduce((sum, { size }) => sum + size, 0);
}

export const FORMAT = 2;
/** The format of earlier versions, which wrote the upload's id in the first line. */
const OLD_FORMAT = 1;

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isCount = (value: unknown, least: number, most: number) =>
  Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most;

function isOrigin(value: unknown): value is string {
  return isText(value) && /^https?:\/\/[^/]+$/.test(value) && URL.canParse(value);
}

function isEntry(line: Fields): line is Fields & JournalEntry {
  const { url, key, path, partSize, algorithm, size, mtimeNs, inode, sample, headers, startedAt } = line;
  return (
    isOrigin(url) &&
    isText(key) &&
    keyProblem(key) === undefined &&
    [path, mtimeNs, inode, sample, headers].every(isText) &&
    ALGORITHMS.some((known) => known === algorithm) &&
    isCount(partSize, 1, MAX_PART) &&
    isCount(size, 0, MAX_OBJECT) &&
    Number(size) <= Number(partSize) * MAX_PARTS &&
    isText(startedAt) &&
    !Number.isNaN(Date.parse(startedAt))
  );
}

function isOpened(line: Fields | undefined): line is Fields & Opened {
  return line !== undefined && isUploadId(line.uploadId) && typeof line.unanswered === 'boolean';
}

function isPart(line: Fields | undefined): line is Fields & StoredPart {
  return (
    line !== undefined &&
    isCount(line.number, 1, MAX_PARTS) &&
    isCount(line.size, 0, MAX_PART) &&
    isText(line.etag) &&
    readEtag(line.etag) === line.etag &&
    isText(line.checksum) &&
    /^[\w+/]{1,128}={0,2}$/.test(line.checksum)
  );
}

/**
 * Parses the lines of a journal. Damaged lines after the first are skipped: the store lists their parts.
 * @param path of the file, for errors
 * @returns `undefined` for a file that is no journal, or has a damaged first line.
 * @throws {UserError} `settings` for a journal of a newer version
 */
export function parseJournal(text: string, path: string): Recorded | undefined {
  // A killed run can leave an incomplete last line.
  const [first, ...lines] = text.split('\n').map(readFields);
  if (first === undefined) return undefined;
  const { format, uploadId, ...entry } = first;
  if (typeof format === 'number' && format > FORMAT) throw writtenByNewer(path);
  if (!(format === FORMAT || format === OLD_FORMAT) || !isEntry(entry)) return undefined;
  if (uploadId !== undefined && !isUploadId(uploadId)) return undefined;
  const parts = lines.filter(isPart).map((part) => [part.number, part] as const);
  const opened = uploadId === undefined ? lines.find(isOpened) : { uploadId, unanswered: false };
  return { entry, opened, parts: new Map(parts) };
}

/** The error for a file among the journals that is not a journal. */
export function noJournal(path: string): UserError {
  return new UserError('settings', `${path} is not a journal of an upload, or is damaged.`, {
    hint: ['Its upload cannot be resumed. Delete the file:', command`rm ${path}`],
  });
}

/** The state that a journal records to resume its upload. */
export type Fingerprint = Omit<JournalEntry, 'startedAt'>;

/** Bytes at each end of a file that distinguish it from another. */
const SAMPLE_BYTES = 64 * 1024;

export interface FingerprintOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of each part but the last. */
  readonly partSize: number;
  readonly algorithm: Algorithm;
}

/** Returns what distinguishes this upload from others: the file's current state, its destination, and how it is sent. */
export async function fingerprint(
  file: SourceFile,
  subject: JournalSubject,
  { headers, partSize, algorithm }: FingerprintOptions,
): Promise<Fingerprint> {
  const sample = createHash('sha256');
  const length = Math.min(SAMPLE_BYTES, file.size);
  for (const from of [0, file.size - length]) sample.update(await file.fill(Buffer.alloc(length), from));
  const headersDigest = createHash('sha256').update(JSON.stringify(Object.entries(headers).sort()));
  return {
    ...subject,
    partSize,
    algorithm,
    size: file.size,
    mtimeNs: String(file.stamp.mtimeNs),
    inode: String(file.stamp.inode),
    sample: sample.digest('hex'),
    headers: headersDigest.digest('hex'),
  };
}

/** @param anyPartSize true if an upload with parts of another size counts as the same. */
export function isSameUpload(entry: JournalEntry, wanted: Fingerprint, anyPartSize: boolean): boolean {
  const { partSize, ...rest } = wanted;
  const same = Object.entries(rest).every(([name, value]) => entry[name as keyof Fingerprint] === value);
  return same && (anyPartSize || entry.partSize === partSize);
}
