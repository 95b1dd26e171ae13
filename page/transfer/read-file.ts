import { UploadError } from './upload-error.ts';

/**
 * Returns the error for a file that cannot be read. The names of browsers' errors do not tell why: for a changed file,
 * Chromium throws NotReadableError, and Safari throws NotFoundError.
 */
export function unreadable(cause?: unknown): UploadError {
  return new UploadError('file_unreadable', { cause });
}

/** Throws if a file ends early. Firefox reads what is left of it. */
export function checkEnd(bytes: number, { size }: Blob): void {
  if (bytes < size) throw new Error('The file is shorter.');
}

/** @throws {UploadError} `file_unreadable` */
export async function readFile(slice: Blob): Promise<ArrayBuffer> {
  try {
    const bytes = await slice.arrayBuffer();
    checkEnd(bytes.byteLength, slice);
    return bytes;
  } catch (error) {
    throw unreadable(error);
  }
}

/** Bytes at each end of a file that are compared. */
const SAMPLE_BYTES = 64 * 1024;

/**
 * Returns the SHA-256 of both ends of a file, in hex.
 * @throws {UploadError} `file_unreadable`
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
