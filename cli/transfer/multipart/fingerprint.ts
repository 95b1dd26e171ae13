import { createHash } from 'node:crypto';
import type { Algorithm } from '../proof/digests.ts';
import type { SourceFile } from '../sources/source-file.ts';
import type { JournalEntry, JournalSubject } from './journal-entry.ts';

/** What a journal has to record for its upload to be resumed. */
export type Fingerprint = Omit<JournalEntry, 'startedAt'>;

/** Bytes at each end of a file that tell it from another. */
const SAMPLE_BYTES = 64 * 1024;

export interface FingerprintOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of each part but the last. */
  readonly partSize: number;
  readonly algorithm: Algorithm;
}

/** Returns what tells this upload from any other: the file as it is now, where it goes, and how. */
export async function fingerprint(
  file: SourceFile,
  subject: JournalSubject,
  { headers, partSize, algorithm }: FingerprintOptions,
): Promise<Fingerprint> {
  const sample = createHash('sha256');
  const length = Math.min(SAMPLE_BYTES, file.size);
  for await (const chunk of file.read(0, length)) sample.update(chunk);
  for await (const chunk of file.read(file.size - length, length)) sample.update(chunk);
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

/** @param anyPartSize an upload with parts of another size is the same. */
export function isSameUpload(entry: JournalEntry, wanted: Fingerprint, anyPartSize: boolean): boolean {
  const { partSize, ...rest } = wanted;
  const same = Object.entries(rest).every(([name, value]) => entry[name as keyof Fingerprint] === value);
  return same && (anyPartSize || entry.partSize === partSize);
}
