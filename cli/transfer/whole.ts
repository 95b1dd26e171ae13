import { UserError } from '../errors.ts';
import type { EdgeClient } from './edge-client.ts';
import { bareEtag, crc32Text, type Proof, prove } from './integrity.ts';
import type { SourceFile } from './source-file.ts';
import { measure } from './stretch.ts';

/** The most that S3 takes in one request: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const MAX_WHOLE_BYTES = 5 * 1024 ** 3;

/** What is to be stored, and how. */
export interface Upload {
  readonly key: string;
  /** Header fields of the object: content type, metadata and the like. */
  readonly headers: Readonly<Record<string, string>>;
  /** Told how many bytes went out; negative where a failed try's bytes count no longer. */
  readonly onSent: (bytes: number) => void;
}

/** A file that the store has, and has proved to have. */
export interface Stored {
  readonly bytes: number;
  readonly etag: string;
  readonly proof: Proof;
  /** Requests that the bytes were divided among. */
  readonly parts: number;
  /** Tries of the part that took the most. */
  readonly attempts: number;
  /** Bytes that an earlier, broken-off upload had stored already. */
  readonly resumedBytes: number;
}

/**
 * Stores a file by one PUT, and gives it back as stored only with a proof.
 * @throws {UserError} `too_large` over 5 GiB; `file_changed`; `bytes_differ`; whatever the edge or the network says.
 */
export async function putWhole(file: SourceFile, upload: Upload, edge: EdgeClient): Promise<Stored> {
  const { key, headers, onSent } = upload;
  if (file.size > MAX_WHOLE_BYTES) {
    throw new UserError('too_large', `${file.name} has more than the 5 GiB that S3 takes in one request.`);
  }
  const stretch = await measure(file, 0, file.size);
  const { value, attempts } = await edge.request(
    {
      method: 'PUT',
      key,
      headers: { ...headers, 'x-amz-checksum-crc32': crc32Text(stretch.crc32) },
      body: stretch,
      onSent,
    },
    async (answer) => ({
      etag: bareEtag(answer.headers.etag),
      proof: await prove(stretch, answer.headers),
    }),
  );
  return { ...value, bytes: file.size, parts: 1, attempts, resumedBytes: 0 };
}
