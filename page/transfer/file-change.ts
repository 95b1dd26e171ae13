import { partsOf } from '../../protocol/parts.ts';
import type { JournalEntry } from '../resume/journal.ts';
import type { Digester } from './digester.ts';
import { sampleOf } from './read-file.ts';
import type { Segment, StoredPart } from './requests.ts';
import { stopped, UploadError } from './upload-error.ts';

/** A file and the parts that were sent of it. */
interface SentFile {
  readonly file: Blob;
  readonly entry: JournalEntry;
  readonly stored: ReadonlyMap<number, StoredPart>;
}

/**
 * Checks that a file still has the bytes that were sent. Reading throws for a file that was changed after it was chosen,
 * but not in Firefox, which compares no times: https://github.com/w3c/FileAPI/issues/47. There, the parts could be of
 * different versions of the file, so all of them are read again.
 * @throws {UploadError} `file_changed`, `file_unreadable` or `stopped`
 */
export async function checkUnchanged(
  { file, entry, stored }: SentFile,
  digester: Digester,
  signal: AbortSignal,
): Promise<void> {
  if ((await sampleOf(file)) !== entry.sample) throw new UploadError('file_changed');
  // Other browsers have “like Gecko” at most.
  if (!navigator.userAgent.includes('Gecko/')) return;
  for (const { number, from, length } of partsOf(file.size, entry)) {
    if (signal.aborted) throw stopped();
    const crc = await digester.digest(file.slice(from, from + length));
    if (crc !== stored.get(number)?.crc) throw new UploadError('file_changed');
  }
}

/** Returns the error for bytes that differ. The file may have been changed between the digest and the upload. */
export async function explainMismatch(
  error: unknown,
  { slice, crc }: Segment,
  digester: Digester,
): Promise<unknown> {
  if (!(error instanceof UploadError) || error.code !== 'bytes_differ') return error;
  return (await digester.digest(slice)) === crc ? error : new UploadError('file_changed');
}
