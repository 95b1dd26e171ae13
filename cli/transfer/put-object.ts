import { checksumHeader, type Digester, type Proof, prove, readEtag } from './integrity.ts';
import type { Segment } from './sources/segment.ts';
import type { EdgeClient } from './wire/edge-client.ts';

/** What to store, and how. */
export interface Upload {
  readonly key: string;
  /** Header fields of the object: content type, metadata and the like. */
  readonly headers: Readonly<Record<string, string>>;
  /** An existing object is not replaced. */
  readonly noClobber: boolean;
  /** Called with the bytes sent; negative where those of a failed try no longer count. */
  readonly onSent: (bytes: number) => void;
}

/** An object whose bytes are proved to be those of the file. */
export interface Stored {
  readonly bytes: number;
  readonly etag: string;
  readonly proof: Proof;
  /** Requests that carried its bytes. */
  readonly parts: number;
  /** Tries of the request that took the most. */
  readonly attempts: number;
  /** Bytes that an earlier run had stored. */
  readonly resumedBytes: number;
}

/** The header that makes S3 refuse to replace an object: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
export function condition({ noClobber }: Pick<Upload, 'noClobber'>): Record<string, string> {
  return noClobber ? { 'if-none-match': '*' } : {};
}

/**
 * Stores a segment by one PUT, and proves it.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
 * @throws {UserError} `file_changed`, `bytes_differ`, `exists`, and every refusal of the edge, the store or the network.
 */
export async function putObject(
  segment: Segment,
  upload: Upload,
  { algorithm }: Digester,
  edge: EdgeClient,
): Promise<Stored> {
  const { key, headers, onSent } = upload;
  const checksum = { [checksumHeader(algorithm)]: segment.digest.toString('base64') };
  const { value, attempts } = await edge.request(
    {
      method: 'PUT',
      key,
      headers: Object.assign({}, headers, condition(upload), checksum),
      body: segment,
      onSent,
    },
    async (answer) => ({
      etag: readEtag(answer.headers.etag) ?? '',
      proof: await prove(segment, algorithm, answer.headers),
    }),
  );
  return { bytes: segment.length, parts: 1, attempts, resumedBytes: 0, ...value };
}
