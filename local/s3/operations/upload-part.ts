import { AwsError } from '../../wire/errors.ts';
import type { HttpResponse } from '../../wire/http.ts';
import type { XmlChildren } from '../../wire/xml.ts';
import { type Expectations, readExpectations } from '../body/expectations.ts';
import { type Received, receiveBody } from '../body/receive.ts';
import { type Algorithm, checksumHeader } from '../checksums/algorithms.ts';
import { busy, invalidArgument, invalidRequest } from '../errors.ts';
import { type BucketRequest, shownTime, xmlResponse } from '../operation.ts';
import { BlockFile } from '../store/block-file.ts';
import type { Part, UploadRecord } from '../store/uploads.ts';
import { OWNER } from '../xml.ts';
import { checkCopySize, findCopySource, receiveCopy, sourceVersionHeader } from './copy-object.ts';
import type { ByteRange } from './get-object.ts';
import { keyEncoding, MAX_INTEGER, pageSize } from './list-objects.ts';
import { ENCRYPTED } from './put-object.ts';
import { findUpload } from './uploads.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MAX_PART_NUMBER = 10_000;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html */
export async function uploadPart(call: BucketRequest): Promise<HttpResponse> {
  const { request, authentication } = call;
  const expected = readExpectations(request.headers, authentication.payload);
  checkAlgorithm(findUpload(call).record, expected);
  const { part, record } = await receivePart(call, expected.size, ({ path, at }, algorithm) =>
    receiveBody(request, authentication, expected, (hash) => new BlockFile(path, expected.size, hash, at), [
      algorithm,
    ]),
  );
  const algorithm = expected.checksum?.algorithm ?? record.algorithm;
  return {
    status: 200,
    headers: {
      etag: `"${part.etag}"`,
      ...ENCRYPTED,
      [checksumHeader(algorithm)]: part.checksums[algorithm] ?? '',
    },
  };
}

/** Destination of a part's bytes. */
interface Destination {
  readonly path: string;
  readonly at: number;
}

/**
 * Receives one part of an upload.
 *
 * @param receive - writes the part's bytes and computes a checksum with the upload's algorithm
 */
async function receivePart(
  call: BucketRequest,
  size: number,
  receive: (to: Destination, algorithm: Algorithm) => Promise<Received>,
): Promise<{ readonly part: Part; readonly record: UploadRecord }> {
  const number = partNumber(call.query.get('partNumber') ?? '');
  const begun = findUpload(call);
  const { record } = begun;
  const place = begun.place(number, size);
  try {
    const received = await receive({ path: begun.path(place), at: place.at }, record.algorithm);
    const upload = findUpload(call);
    if (upload.completing) throw busy();
    const part = upload.putPart(place, {
      number,
      size: received.size,
      etag: received.md5,
      modified: call.now().toISOString(),
      checksums: received.checksums,
    });
    return { part, record };
  } catch (error) {
    begun.giveUp(number, place);
    // The part's folder may have been deleted with its upload.
    if (!(error instanceof AwsError)) findUpload(call);
    throw error;
  }
}

function partNumber(text: string): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= MAX_PART_NUMBER) return number;
  throw invalidArgument(
    'partNumber',
    text,
    `Part number must be an integer between 1 and ${MAX_PART_NUMBER}, inclusive`,
  );
}

/** Parts must have the checksum algorithm of their upload. S3 itself computes only full-object checksums. */
function checkAlgorithm(
  { declared, algorithm, checksumType }: UploadRecord,
  { checksum }: Expectations,
): void {
  if (!declared) return;
  const given = checksum?.algorithm;
  if (given === algorithm || (given === undefined && checksumType === 'FULL_OBJECT')) return;
  throw checksumMismatch(algorithm, given);
}

export const checksumMismatch = (expected: Algorithm, actual: Algorithm | undefined) =>
  invalidRequest(
    `Checksum Type mismatch occurred, expected checksum Type: ${expected.toLowerCase()}, ` +
      `actual checksum Type: ${actual?.toLowerCase() ?? 'null'}`,
  );

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html */
export function listParts(call: BucketRequest): HttpResponse {
  const { query, bucketName, key } = call;
  const upload = findUpload(call);
  const { record } = upload;
  const limit = pageSize(query, 'max-parts');
  const marker = query.get('part-number-marker') ?? '0';
  if (!/^\d{1,10}$/.test(marker) || Number(marker) > MAX_INTEGER) {
    const message = `Argument part-number-marker must be an integer between 0 and ${MAX_INTEGER}`;
    throw invalidArgument('part-number-marker', marker, message);
  }
  const rest = upload.parts().filter(({ number }) => number > Number(marker));
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const algorithm = record.declared ? record.algorithm : undefined;
  return xmlResponse('ListPartsResult', {
    Bucket: bucketName,
    Key: keyEncoding(query)(key),
    UploadId: record.uploadId,
    Initiator: OWNER,
    Owner: OWNER,
    StorageClass: 'STANDARD',
    PartNumberMarker: Number(marker),
    NextPartNumberMarker: last?.number ?? 0,
    MaxParts: limit,
    IsTruncated: limit > 0 && rest.length > page.length,
    ChecksumAlgorithm: algorithm,
    ChecksumType: algorithm === undefined ? undefined : record.checksumType,
    Part: page.map((part) => describePart(part, algorithm)),
  });
}

function describePart(part: Part, algorithm: Algorithm | undefined): XmlChildren {
  return {
    PartNumber: part.number,
    LastModified: shownTime(part.modified),
    ETag: `"${part.etag}"`,
    Size: part.size,
    ...(algorithm === undefined ? {} : { [`Checksum${algorithm}`]: part.checksums[algorithm] }),
  };
}

const RANGE = 'x-amz-copy-source-range';

/** Headers of CopyObject only. */
const OF_WHOLE_COPIES = ['x-amz-metadata-directive', 'x-amz-tagging-directive'];

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html */
export async function uploadPartCopy(call: BucketRequest): Promise<HttpResponse> {
  for (const name of OF_WHOLE_COPIES) {
    const value = call.request.headers[name];
    if (value !== undefined) {
      throw invalidArgument(name, value, 'The specified header is not valid in this context');
    }
  }
  const source = findCopySource(call);
  const range = readRange(call.request.headers[RANGE], source.version.size);
  const size = range === undefined ? source.version.size : range.end - range.start + 1;
  checkCopySize(size);
  const { part, record } = await receivePart(call, size, ({ path, at }, algorithm) =>
    receiveCopy(call, source, range, (hash) => new BlockFile(path, size, hash, at), [algorithm]),
  );
  const { algorithm, declared } = record;
  return xmlResponse(
    'CopyPartResult',
    {
      LastModified: shownTime(part.modified),
      ETag: `"${part.etag}"`,
      ...(declared ? { [`Checksum${algorithm}`]: part.checksums[algorithm] } : {}),
    },
    { ...ENCRYPTED, ...sourceVersionHeader(source) },
  );
}

/** The range must have both ends, and be within the source. */
function readRange(header: string | undefined, size: number): ByteRange | undefined {
  if (header === undefined) return undefined;
  const [, first, last] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(header.trim()) ?? [];
  const range = { start: Number(first), end: Number(last) };
  if (first === undefined || range.start > range.end) {
    throw invalidArgument(
      RANGE,
      header,
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy',
    );
  }
  if (range.end < size) return range;
  throw invalidRequest(`Range specified is not valid for source object of size: ${size}`);
}
