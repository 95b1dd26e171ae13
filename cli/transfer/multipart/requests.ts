import {
  type Algorithm,
  bytesDiffer,
  checksumElement,
  checksumHeader,
  checksumType,
  multipartEtag,
  type ObjectChecksum,
  objectChecksum,
  type Proof,
  prove,
  readEtag,
} from '../integrity.ts';
import { type ObjectUpload, writeCondition } from '../put-object.ts';
import type { Segment } from '../sources/segment.ts';
import type { EdgeClient } from '../wire/edge-client.ts';
import { unexpectedResponse } from '../wire/pages.ts';
import { refusalError } from '../wire/refusals.ts';
import { type ErrorDocument, readStoreError, UploadConflict, UploadGone } from '../wire/responses.ts';
import { type Elements, element, readXml, textOf } from '../wire/xml.ts';

/** A multipart upload that is open at the store. */
export interface OpenUpload {
  readonly key: string;
  readonly uploadId: string;
}

/** A stored part. */
export interface StoredPart {
  readonly number: number;
  /** Bytes. */
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  /** Base64, of the upload's algorithm. */
  readonly checksum: string;
}

/** S3's ids are opaque. These are written into URLs and journals. */
const UPLOAD_ID = /^[\x21-\x7e]{1,1024}$/;

export function isUploadId(value: unknown): value is string {
  return typeof value === 'string' && UPLOAD_ID.test(value);
}

/**
 * Opens a multipart upload.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html
 * @param onUnanswered called when an attempt may have created an upload of unknown id.
 */
export async function createUpload(
  edge: EdgeClient,
  { key, headers }: Pick<ObjectUpload, 'key' | 'headers'>,
  algorithm: Algorithm,
  onUnanswered: () => void = () => {},
): Promise<OpenUpload> {
  const { value } = await edge.request(
    {
      method: 'POST',
      key,
      query: { uploads: '' },
      headers: {
        ...headers,
        'x-amz-checksum-algorithm': algorithm.toUpperCase(),
        'x-amz-checksum-type': checksumType(algorithm),
      },
      onUnanswered,
    },
    (response) => {
      const uploadId = readXml(response.text, 'InitiateMultipartUploadResult')?.UploadId;
      if (!isUploadId(uploadId)) throw unexpectedResponse(key, response);
      return { key, uploadId };
    },
  );
  return value;
}

export interface PartOptions {
  readonly algorithm: Algorithm;
  /** Called with the bytes that the socket took; negative for those of a failed attempt. */
  readonly onSent: (bytes: number) => void;
  /** Aborted once another part of the upload has failed. */
  readonly retryUntil: AbortSignal;
}

/**
 * Sends a part and verifies it.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html
 */
export async function putPart(
  edge: EdgeClient,
  { key, uploadId }: OpenUpload,
  number: number,
  segment: Segment,
  { algorithm, onSent, retryUntil }: PartOptions,
): Promise<{ readonly part: StoredPart; readonly attempts: number }> {
  const checksum = segment.digest.toString('base64');
  const subject = `part ${number} of ${key}`;
  const { value, attempts } = await edge.request(
    {
      method: 'PUT',
      key,
      query: { partNumber: String(number), uploadId },
      headers: { [checksumHeader(algorithm)]: checksum },
      body: segment,
      subject,
      onSent,
      retryUntil,
    },
    async (response) => {
      await prove(segment, algorithm, response.headers);
      const etag = readEtag(response.headers.etag);
      if (etag === undefined) throw unexpectedResponse(subject, response, 'an ETag that S3 does not return');
      return { number, size: segment.length, etag, checksum };
    },
  );
  return { part: value, attempts };
}

/**
 * Completes an upload and verifies the object. S3 responds to a repeated Complete like to the first (observed;
 * `local/FIDELITY.md`), so it is sent again if a response is lost.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
 * @throws {UploadGone}; {@link UploadConflict}; {@link UserError} `exists` or `bytes_differ`.
 */
export async function completeUpload(
  edge: EdgeClient,
  { key, uploadId }: OpenUpload,
  parts: readonly StoredPart[],
  { algorithm, noClobber }: { algorithm: Algorithm; noClobber: boolean },
): Promise<{ readonly etag: string; readonly proof: Proof }> {
  const expected = objectChecksum(
    algorithm,
    parts.map(({ size, checksum }) => ({ size, digest: Buffer.from(checksum, 'base64') })),
  );
  const document = Buffer.from(completeDocument(parts, algorithm));
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const refuse = ({ code }: ErrorDocument) =>
    code === 'ConditionalRequestConflict' ? new UploadConflict(key) : undefined;
  const { value } = await edge.request(
    {
      method: 'POST',
      key,
      query: { uploadId },
      headers: {
        ...writeCondition({ noClobber }),
        'content-type': 'application/xml',
        'x-amz-checksum-type': expected.type,
        'x-amz-mp-object-size': String(size),
        // S3 checks a checksum of the whole object. It computes a composite one itself.
        ...(expected.type === 'FULL_OBJECT' ? { [checksumHeader(algorithm)]: expected.value } : {}),
      },
      body: { length: document.length, open: () => [document] },
      sealing: size,
      refuse,
    },
    (response) => {
      const result = readXml(response.text, 'CompleteMultipartUploadResult');
      if (result !== undefined) return result;
      // S3 can send the status 200 before it knows the result.
      const refusal = readStoreError(response.text);
      if (refusal === undefined) throw unexpectedResponse(key, response);
      throw refuse(refusal) ?? refusalError(refusal, response, key);
    },
  );
  return proveObject(key, value, parts, { algorithm, expected });
}

function proveObject(
  key: string,
  result: Elements,
  parts: readonly StoredPart[],
  { algorithm, expected }: { algorithm: Algorithm; expected: ObjectChecksum },
): { readonly etag: string; readonly proof: Proof } {
  const etag = readEtag(textOf(result, 'ETag')) ?? '';
  const echo = textOf(result, checksumElement(algorithm));
  const type = textOf(result, 'ChecksumType') ?? expected.type;
  if (echo !== undefined && type === expected.type) {
    if (echo === expected.value) return { etag, proof: { algorithm, value: echo } };
    throw bytesDiffer(
      `S3 assembled ${key} from other bytes: its ${algorithm.toUpperCase()} is ${echo}, not ${expected.value}.`,
    );
  }
  const ours = multipartEtag(parts.map((part) => part.etag));
  if (etag === ours) return { etag, proof: { algorithm: 'md5', value: etag } };
  throw bytesDiffer(
    `The object ${key} could not be verified: S3 returned neither a checksum nor the ETag of its parts.`,
  );
}

function completeDocument(parts: readonly StoredPart[], algorithm: Algorithm): string {
  const written = parts.map(({ number, etag, checksum }) =>
    element('Part', [
      element('PartNumber', String(number)),
      element('ETag', `"${etag}"`),
      element(checksumElement(algorithm), checksum),
    ]),
  );
  return element('CompleteMultipartUpload', written, ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"').xml;
}

/**
 * Aborts an upload at the store, which deletes its parts. An upload that is no longer open counts as aborted.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html
 */
export async function abortUpload(edge: EdgeClient, { key, uploadId }: OpenUpload): Promise<void> {
  try {
    await edge.request({ method: 'DELETE', key, query: { uploadId } }, () => undefined);
  } catch (error) {
    if (!(error instanceof UploadGone)) throw error;
  }
}
