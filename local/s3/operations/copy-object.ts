import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { percentDecode } from '../../auth/canonical.ts';
import type { HttpResponse } from '../../wire/http.ts';
import { MAX_PUT_BYTES } from '../body/expectations.ts';
import { type Received, receiveBody, type Sink } from '../body/receive.ts';
import { type Algorithm, isAlgorithm } from '../checksums/algorithms.ts';
import {
  accessDenied,
  invalidArgument,
  invalidRequest,
  noSuchBucket,
  notImplemented,
  preconditionFailed,
} from '../errors.ts';
import { readDescription, unquoted } from '../headers.ts';
import { checkKey } from '../names.ts';
import { type BucketRequest, shownTime, xmlResponse } from '../operation.ts';
import type { Bucket } from '../store/bucket.ts';
import type { Version } from '../store/version.ts';
import { type ByteRange, dateIn, findVersion } from './get-object.ts';
import { checksumMembers, DEFAULT_ALGORITHM, versionHeaders, writeObject } from './put-object.ts';

/** The source of a copy. */
export interface CopySource {
  readonly bucket: Bucket;
  readonly version: Version;
  /** Whether the request names a version. */
  readonly named: boolean;
}

const HEADER = 'x-amz-copy-source';

/**
 * Returns the source of a CopyObject or UploadPartCopy. The caller must be allowed to read it, and it must meet the
 * request's conditions.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
 *
 * @throws AwsError `InvalidArgument`, `AccessDenied`, `NoSuchBucket`, `NoSuchKey`, `NoSuchVersion`,
 * `PreconditionFailed`
 */
export function findCopySource(call: BucketRequest): CopySource {
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
  checkConditions(request.headers, version, call.now());
  return { bucket, version, named: versionId !== undefined };
}

interface Named {
  readonly bucketName: string;
  readonly key: string;
  readonly versionId: string | undefined;
}

/** Parses `/bucket/key` or `bucket/key`, percent-encoded, with an optional `?versionId=…`. A plus sign is a space. */
function readSource(header: string): Named {
  const invalid = (message: string) => invalidArgument(HEADER, header, message);
  if (header.startsWith('arn:')) throw notImplemented('A copy source that is an ARN', { Header: HEADER });
  const [path = '', query] = header.split(/\?versionId=(.*)$/s);
  const [, bucket = '', key = ''] = /^\/?([^/]*)\/?(.*)$/s.exec(path.replaceAll('+', '%20')) ?? [];
  const [bucketName, keyText, versionId] = [bucket, key, query].map((raw) => {
    const bytes = percentDecode(raw ?? '');
    if (bytes === undefined || !isUtf8(bytes)) throw invalid('Invalid copy source encoding.');
    return bytes.toString();
  });
  if (!bucketName) throw invalid('Invalid copy source bucket name');
  if (!keyText) throw invalid('Invalid copy source object key');
  if (query === undefined) return { bucketName, key: keyText, versionId: undefined };
  if (!versionId) throw invalid('Version id cannot be the empty string');
  return { bucketName, key: keyText, versionId };
}

/** A condition on the ETag takes precedence over one on the time. Each failed condition is a 412. */
function checkConditions(headers: Readonly<Record<string, string>>, version: Version, now: Date): void {
  const given = (name: string) => headers[`${HEADER}-if-${name}`];
  const seconds = Math.floor(Date.parse(version.modified) / 1000);
  const time = (text: string | undefined) => dateIn(text, now) ?? Number.NaN;
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

/** Refuses sources that are too large for one request. */
export function checkCopySize(size: number): void {
  if (size <= MAX_PUT_BYTES) return;
  throw invalidRequest(
    `The specified copy source is larger than the maximum allowable size for a copy source: ${MAX_PUT_BYTES}`,
  );
}

/** Copies the source's bytes into a sink, hashed like a request body. */
export async function receiveCopy(
  { request, authentication }: BucketRequest,
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

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
export async function copyObject(call: BucketRequest): Promise<HttpResponse> {
  const { request, key } = call;
  checkKey(key);
  const replaces = readDirective(request.headers, 'metadata');
  readDirective(request.headers, 'tagging');
  const algorithmGiven = readAlgorithm(request.headers);
  const source = findCopySource(call);
  if (!replaces && algorithmGiven === undefined) checkItself(call, source);
  const { size, headers, metadata, checksum } = source.version;
  checkCopySize(size);
  const algorithm = algorithmGiven ?? checksum?.algorithm ?? DEFAULT_ALGORITHM;
  const version = await writeObject(call, {
    reason: 'CopyObject',
    description: replaces ? readDescription(request.headers) : { headers, metadata },
    size,
    algorithm,
    receive: (makeSink) => receiveCopy(call, source, undefined, makeSink, [algorithm]),
  });
  return copied(version, source);
}

/** Whether the request replaces the metadata or tags of the source. */
function readDirective(headers: Readonly<Record<string, string>>, of: 'metadata' | 'tagging'): boolean {
  const name = `x-amz-${of}-directive`;
  const directive = headers[name] ?? 'COPY';
  if (directive === 'COPY' || directive === 'REPLACE') return directive === 'REPLACE';
  throw invalidArgument(name, directive, `Unknown ${of} directive.`);
}

function readAlgorithm(headers: Readonly<Record<string, string>>): Algorithm | undefined {
  const named = headers['x-amz-checksum-algorithm']?.toUpperCase();
  if (named === undefined || isAlgorithm(named)) return named;
  throw notImplemented(`The checksum algorithm ${named}`);
}

/** A copy of an object onto itself must change something. Restoring an older version does. */
function checkItself({ request, bucket, key }: BucketRequest, { bucket: from, version }: CopySource): void {
  const current = bucket.current(key);
  const states = ['x-amz-storage-class', 'x-amz-server-side-encryption'];
  const same = from === bucket && version.key === key && version.versionId === current?.versionId;
  if (!same || states.some((name) => request.headers[name] !== undefined)) return;
  throw invalidRequest(
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
  );
}

function copied(version: Version, source: CopySource): HttpResponse {
  return xmlResponse(
    'CopyObjectResult',
    { LastModified: shownTime(version.modified), ETag: `"${version.etag}"`, ...checksumMembers(version) },
    { ...versionHeaders(version), ...sourceVersionHeader(source) },
  );
}

/** Only versions created with versioning enabled have an id. */
export function sourceVersionHeader({ version }: CopySource): Record<string, string> {
  return version.versionId === 'null' ? {} : { 'x-amz-copy-source-version-id': version.versionId };
}
