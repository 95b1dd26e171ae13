import { UploadError } from './upload-error.ts';

/**
 * Returns the error for a file that cannot be read. Browsers give no reason. NotReadableError means that the file was
 * changed, replaced or made unreadable after it was chosen.
 * https://w3c.github.io/FileAPI/#dfn-error-codes
 * @param name Name of the browser's error.
 */
export function unreadable(name: string): UploadError {
  return name === 'NotReadableError'
    ? new UploadError('file_changed', 'The file was changed after it was chosen, or cannot be read.')
    : new UploadError('file_unreadable', `The file cannot be read (${name}).`);
}

/** Throws the browser's error for a changed file if a file ends early. Firefox reads what is left of it. */
export function checkEnd(bytes: number, { size }: Blob): void {
  if (bytes < size) throw new DOMException('The file is shorter.', 'NotReadableError');
}

/** @throws {UploadError} `file_changed` or `file_unreadable` */
export async function readFile(slice: Blob): Promise<ArrayBuffer> {
  try {
    const bytes = await slice.arrayBuffer();
    checkEnd(bytes.byteLength, slice);
    return bytes;
  } catch (error) {
    throw unreadable(error instanceof Error ? error.name : 'Error');
  }
}

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
