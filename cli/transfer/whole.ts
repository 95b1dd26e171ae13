import { checksumHeader, type Digester } from './proof/digests.ts';
import { type Proof, prove, readEtag } from './proof/integrity.ts';
import type { Stretch } from './sources/stretch.ts';
import type { EdgeClient } from './wire/edge-client.ts';

/** What is to be stored, and how. */
export interface Upload {
  readonly key: string;
  /** Header fields of the object: content type, metadata and the like. */
  readonly headers: Readonly<Record<string, string>>;
  /** An object that is there already stays as it is. */
  readonly noClobber: boolean;
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

/** The condition under which S3 writes only what is not there yet: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
export function condition({ noClobber }: Pick<Upload, 'noClobber'>): Record<string, string> {
  return noClobber ? { 'if-none-match': '*' } : {};
}

/**
 * Stores bytes by one PUT, and gives them back as stored only with a proof.
 * @throws {UserError} `file_changed`, `bytes_differ`, `exists`; whatever else the edge or the network says.
 */
export async function putWhole(
  stretch: Stretch,
  upload: Upload,
  { algorithm }: Digester,
  edge: EdgeClient,
): Promise<Stored> {
  const { key, headers, onSent } = upload;
  const checksum = { [checksumHeader(algorithm)]: stretch.digest.toString('base64') };
  const { value, attempts } = await edge.request(
    {
      method: 'PUT',
      key,
      headers: { ...headers, ...condition(upload), ...checksum },
      body: stretch,
      onSent,
    },
    async (answer) => ({
      etag: readEtag(answer.headers.etag) ?? '',
      proof: await prove(stretch, algorithm, answer.headers),
    }),
  );
  return { ...value, bytes: stretch.length, parts: 1, attempts, resumedBytes: 0 };
}
