import { combineCrcs } from '../../protocol/combine-crcs.ts';
import { MAX_PART, MAX_PARTS } from '../../protocol/parts.ts';
import { base64, crcBytes } from './crc32.ts';
import type { EdgeClient, EdgeRequest } from './edge-client.ts';
import type { HttpResponse } from './exchange.ts';
import { damaged, readStoreError, refusalError, unexpectedResponse } from './refusals.ts';
import { numberOf, parseXml, textOf, type XmlElement } from './xml.ts';

/** A slice of a file with its CRC-32. */
export interface Segment {
  readonly slice: Blob;
  readonly crc: number;
}

/** Where the requests of one upload go, and who is notified of their progress. */
export interface Target extends Pick<EdgeRequest, 'signal' | 'onWaiting'> {
  readonly edge: EdgeClient;
  readonly key: string;
}

/** Settings of the stored object. */
export interface ObjectOptions {
  readonly contentType: string;
  /** Whether to keep an existing object. */
  readonly noClobber: boolean;
}

/** A stored part. */
export interface StoredPart {
  readonly number: number;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly crc: number;
}

const CHECKSUM = 'x-amz-checksum-crc32';

const crcText = (crc: number) => base64(crcBytes(crc));

/** Returns an ETag without its quotes; `undefined` if it contains characters that S3 does not use. */
function readEtag(etag: string | undefined): string | undefined {
  const [, quoted, bare] = /^\s*(?:"([\w.+/=:-]{1,256})"|([\w.+/=:-]{1,256}))\s*$/.exec(etag ?? '') ?? [];
  return quoted ?? bare;
}

/**
 * Returns the ETag of stored bytes after comparing their checksum. S3 returns the checksum that it verified.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
function proved(response: HttpResponse, crc: number): string {
  if (response.header(CHECKSUM) !== crcText(crc)) throw damaged();
  const etag = readEtag(response.header('etag'));
  if (etag === undefined) throw unexpectedResponse();
  return etag;
}

function condition({ noClobber }: ObjectOptions): Record<string, string> {
  return noClobber ? { 'if-none-match': '*' } : {};
}

/** Parses a document with this root element; `undefined` for any other text. */
function readDocument(text: string, root: string): XmlElement | undefined {
  const document = parseXml(text);
  return document?.name === root ? document : undefined;
}

/**
 * Stores an object with one request, and returns its ETag.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
 */
export function putObject(
  { edge, ...target }: Target,
  { slice, crc }: Segment,
  options: ObjectOptions,
  onSent: (bytes: number) => void,
): Promise<string> {
  const headers = {
    'content-type': options.contentType,
    ...condition(options),
    [CHECKSUM]: crcText(crc),
  };
  return edge.request({ ...target, method: 'PUT', headers, body: slice, onSent }, (response) =>
    proved(response, crc),
  );
}

/**
 * Starts a multipart upload, and returns its id.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html
 */
export function createUpload({ edge, ...target }: Target, { contentType }: ObjectOptions): Promise<string> {
  const headers = {
    'content-type': contentType,
    'x-amz-checksum-algorithm': 'CRC32',
    'x-amz-checksum-type': 'FULL_OBJECT',
  };
  return edge.request({ ...target, method: 'POST', query: { uploads: '' }, headers }, (response) => {
    const document = readDocument(response.text, 'InitiateMultipartUploadResult');
    const uploadId = document && textOf(document, 'UploadId');
    // S3's ids are opaque. This one goes into URLs and the journal.
    if (uploadId === undefined || !/^[\x21-\x7e]{1,1024}$/.test(uploadId)) throw unexpectedResponse();
    return uploadId;
  });
}

/**
 * Stores a part.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html
 */
export function putPart(
  { edge, ...target }: Target,
  { uploadId, number }: { readonly uploadId: string; readonly number: number },
  { slice, crc }: Segment,
  onSent: (bytes: number) => void,
): Promise<StoredPart> {
  const { size } = slice;
  const query = { partNumber: String(number), uploadId };
  const headers = { [CHECKSUM]: crcText(crc) };
  return edge.request({ ...target, method: 'PUT', query, headers, body: slice, onSent }, (response) => ({
    number,
    size,
    etag: proved(response, crc),
    crc,
  }));
}

/** Parses a checksum of the store; `undefined` if it is missing or malformed. */
export function readCrc(checksum: string | undefined): number | undefined {
  if (!/^[\w+/]{6}==$/.test(checksum ?? '')) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = Array.from(atob(checksum ?? ''), (byte) => byte.charCodeAt(0));
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

/** A part as the store lists it. The checksum is in base64. */
export type ListedPart = Pick<StoredPart, 'number' | 'size' | 'etag'> & { readonly checksum?: string };

/**
 * Returns all stored parts of an upload.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html
 * @throws {UploadGone}
 */
export async function listParts(
  { edge, ...target }: Target,
  uploadId: string,
): Promise<readonly ListedPart[]> {
  const parts: ListedPart[] = [];
  for (let marker = 0; ; ) {
    const query = { uploadId, ...(marker > 0 && { 'part-number-marker': String(marker) }) };
    const next = await edge.request({ ...target, method: 'GET', query }, (response) => {
      const page = readDocument(response.text, 'ListPartsResult');
      if (page === undefined) throw unexpectedResponse();
      const listed = page.children.filter(({ name }) => name === 'Part').map(readPart);
      const sound = listed.filter((part) => part !== undefined);
      if (sound.length < listed.length) throw unexpectedResponse();
      for (const part of sound) parts.push(part);
      if (parts.length > MAX_PARTS) throw unexpectedResponse();
      if (textOf(page, 'IsTruncated') !== 'true') return undefined;
      const following = numberOf(page, 'NextPartNumberMarker', MAX_PARTS) ?? 0;
      if (following <= marker) throw unexpectedResponse();
      return following;
    });
    if (next === undefined) return parts;
    marker = next;
  }
}

function readPart(part: XmlElement): ListedPart | undefined {
  const number = numberOf(part, 'PartNumber', MAX_PARTS);
  const size = numberOf(part, 'Size', MAX_PART);
  const etag = readEtag(textOf(part, 'ETag'));
  if (number === undefined || size === undefined || etag === undefined) return undefined;
  const checksum = textOf(part, 'ChecksumCRC32');
  return { number, size, etag, ...(checksum !== undefined && { checksum }) };
}

/** Whether a listed part is the one that was stored. Without a listed checksum, the ETag decides. */
export function isSamePart(part: StoredPart, { size, etag, checksum }: ListedPart): boolean {
  return part.size === size && part.etag === etag && (checksum ?? crcText(part.crc)) === crcText(part.crc);
}

/** Returns the CRC-32 of the object that the parts form, in order. */
export function crcOf(parts: readonly StoredPart[]): number {
  const digests = parts.map(({ size, crc }) => ({ size, digest: crcBytes(crc) }));
  return new DataView(combineCrcs('crc32', digests).buffer).getUint32(0);
}

/**
 * Assembles the parts, and returns the object's ETag once its checksum matches. S3 answers a repeated Complete like the
 * first one (observed), so a Complete whose response was lost is sent again.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
 * @throws {UploadGone}
 * @throws {UploadConflict}
 */
export function completeUpload(
  { edge, ...target }: Target,
  uploadId: string,
  parts: readonly StoredPart[],
  options: ObjectOptions,
): Promise<string> {
  const expected = crcText(crcOf(parts));
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const headers = {
    ...condition(options),
    'content-type': 'application/xml',
    'x-amz-checksum-type': 'FULL_OBJECT',
    'x-amz-mp-object-size': String(size),
    [CHECKSUM]: expected,
  };
  const message = {
    method: 'POST',
    query: { uploadId },
    headers,
    body: new Blob([completeDocument(parts)]),
  } as const;
  return edge.request({ ...target, ...message, sealing: size }, (response) => {
    const result = readDocument(response.text, 'CompleteMultipartUploadResult');
    if (result === undefined) {
      // S3 can send status 200 before it knows the outcome.
      const refusal = readStoreError(response.text);
      throw refusal === undefined ? unexpectedResponse() : refusalError(refusal, response);
    }
    if (textOf(result, 'ChecksumCRC32') !== expected) throw damaged();
    return readEtag(textOf(result, 'ETag')) ?? '';
  });
}

/** Returns the body of Complete. ETags and checksums contain no characters that XML escapes. */
function completeDocument(parts: readonly StoredPart[]): string {
  const written = parts.map(
    ({ number, etag, crc }) =>
      `<Part><PartNumber>${number}</PartNumber><ETag>"${etag}"</ETag><ChecksumCRC32>${crcText(crc)}</ChecksumCRC32></Part>`,
  );
  const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/';
  return `<CompleteMultipartUpload xmlns="${namespace}">${written.join('')}</CompleteMultipartUpload>`;
}

/**
 * Aborts a multipart upload, which deletes its parts.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html
 * @throws {UploadGone}
 */
export async function abortUpload({ edge, ...target }: Target, uploadId: string): Promise<void> {
  await edge.request({ ...target, method: 'DELETE', query: { uploadId } }, () => undefined);
}
