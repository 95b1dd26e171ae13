import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { percentDecode } from '../../auth/percent.ts';
import { MAX_PUT_BYTES } from '../body/expectations.ts';
import { type Received, receiveBody, type Sink } from '../body/receive.ts';
import type { Algorithm } from '../checksums/algorithms.ts';
import {
  accessDenied,
  invalidArgument,
  invalidRequest,
  noSuchBucket,
  notImplemented,
  preconditionFailed,
} from '../errors.ts';
import { unquoted } from '../headers.ts';
import type { BucketCall } from '../operation.ts';
import type { Bucket } from '../store/bucket.ts';
import type { Version } from '../store/version.ts';
import { findVersion } from './find-version.ts';
import type { ByteRange } from './range.ts';

/** The object that a copy is made of. */
export interface CopySource {
  readonly bucket: Bucket;
  readonly version: Version;
  /** Whether the request names a version. */
  readonly named: boolean;
}

const HEADER = 'x-amz-copy-source';

/**
 * The source of a CopyObject or UploadPartCopy, which the caller has permission to read and which meets the request's
 * conditions. https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
 *
 * @throws AwsError `InvalidArgument`, `AccessDenied`, `NoSuchBucket`, `NoSuchKey`, `NoSuchVersion`, `PreconditionFailed`
 */
export function findCopySource(call: BucketCall): CopySource {
  const { request, store } = call;
  const { bucketName, key, versionId } = readSource(request.headers[HEADER] ?? '');
  const bucket = store.bucket(bucketName);
  if (bucket === undefined) throw noSuchBucket(bucketName);
  const allows = call.allowsIn(bucket);
  if (!allows(versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion', key)) throw accessDenied();
  const version = findVersion({
    bucket,
    key,
    versionId,
    allows,
    ofMarker: () =>
      invalidRequest(
        'The source of a copy request may not specifically refer to a delete marker by version id.',
      ),
  });
  checkConditions(request.headers, version);
  return { bucket, version, named: versionId !== undefined };
}

interface Named {
  readonly bucketName: string;
  readonly key: string;
  readonly versionId: string | undefined;
}

/** `/bucket/key` or `bucket/key`, percent-encoded, with `?versionId=…` after it. A plus sign stands for a space. */
function readSource(header: string): Named {
  const invalid = (message: string) => invalidArgument(HEADER, header, message);
  if (header.startsWith('arn:')) throw notImplemented('A copy source that is an ARN', { Header: HEADER });
  const [path = '', query] = header.split(/\?versionId=(.*)$/s);
  const [, bucket = '', key = ''] = /^\/?([^/]+)\/(.+)$/s.exec(path.replaceAll('+', '%20')) ?? [];
  const [bucketName, keyText, versionId] = [bucket, key, query].map((raw) => {
    const bytes = percentDecode(raw ?? '');
    if (bytes === undefined || !isUtf8(bytes)) throw invalid('Invalid copy source encoding.');
    return bytes.toString();
  });
  if (!bucketName || !keyText) {
    throw invalid('Copy Source must mention the source bucket and key: sourcebucket/sourcekey');
  }
  if (query === undefined) return { bucketName, key: keyText, versionId: undefined };
  if (!versionId) throw invalid('Version id cannot be the empty string');
  return { bucketName, key: keyText, versionId };
}

/** An ETag's condition that holds outweighs the time's; every condition that fails is a 412. */
function checkConditions(headers: Readonly<Record<string, string>>, version: Version): void {
  const given = (name: string) => headers[`${HEADER}-if-${name}`];
  const seconds = Math.floor(Date.parse(version.modified) / 1000);
  const time = (text: string | undefined) => Math.floor(Date.parse(text ?? '') / 1000);
  const [match, noneMatch] = [given('match'), given('none-match')];
  const is = (etag: string) => ['*', version.etag].includes(unquoted(etag.trim()));
  const failed =
    match === undefined
      ? seconds > time(given('unmodified-since')) && 'unmodified-since'
      : !is(match) && 'match';
  const unchanged =
    noneMatch === undefined
      ? seconds <= time(given('modified-since')) && 'modified-since'
      : is(noneMatch) && 'none-match';
  const condition = failed || unchanged;
  if (condition) throw preconditionFailed(`${HEADER}-If-${condition}`);
}

/** Refuses what is too large to be copied by one request. */
export function checkCopySize(size: number): void {
  if (size <= MAX_PUT_BYTES) return;
  throw invalidRequest(
    `The specified copy source is larger than the maximum allowable size for a copy source: ${MAX_PUT_BYTES}`,
  );
}

/** Copies the source's bytes into a sink, hashed as a body that comes in is. */
export async function receiveCopy(
  { request, authentication }: BucketCall,
  { bucket, version }: CopySource,
  range: ByteRange | undefined,
  makeSink: (hash: (block: Buffer) => void) => Sink,
  algorithms: readonly Algorithm[],
): Promise<Received> {
  const size = range === undefined ? version.size : range.end - range.start + 1;
  const body =
    size === 0
      ? Readable.from([])
      : createReadStream('', { fd: bucket.open(version), highWaterMark: 1024 * 1024, ...range });
  try {
    const asBody = { ...request, body };
    const unsigned = { ...authentication, payload: { kind: 'unsigned' as const } };
    return await receiveBody(asBody, unsigned, { size }, makeSink, algorithms);
  } finally {
    body.destroy();
  }
}
