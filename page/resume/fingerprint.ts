import { readFile } from '../transfer/read-file.ts';

/** Bytes at each end of a file that are compared. */
const SAMPLE_BYTES = 64 * 1024;

/**
 * Returns the SHA-256 of both ends of a file, in hex.
 * @throws {UploadError} `file_changed` or `file_unreadable`
 */
export async function sampleOf(file: Blob): Promise<string> {
  const ends = await Promise.all(
    [file.slice(0, SAMPLE_BYTES), file.slice(Math.max(0, file.size - SAMPLE_BYTES))].map((slice) =>
      readFile(slice),
    ),
  );
  const bytes = await new Blob(ends).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
