import { closeSync, createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { AwsError } from '../../wire/errors.ts';
import { type HttpResponse, isHeaderValue } from '../../wire/http.ts';
import {
  accessDenied,
  invalidArgument,
  methodNotAllowed,
  noSuchKey,
  noSuchVersion,
  preconditionFailed,
} from '../errors.ts';
import { descriptionHeaders, unquoted } from '../headers.ts';
import { checkKey, checkVersionId } from '../names.ts';
import type { BucketRequest } from '../operation.ts';
import type { Bucket } from '../store/bucket.ts';
import type { Version } from '../store/version.ts';
import { checksumHeaders, ENCRYPTED } from './put-object.ts';

interface Wanted {
  readonly bucket: Bucket;
  readonly key: string;
  /** Absent: the current version. */
  readonly versionId: string | undefined;
  readonly allows: (action: string) => boolean;
  /** Creates the error for a version that is a delete marker. */
  readonly ofMarker: (marker: Version) => AwsError;
}

/**
 * Returns the version of an object that a request reads.
 *
 * @throws AwsError `NoSuchKey`, `NoSuchVersion`, or `AccessDenied` instead of both if the caller is not allowed to list
 */
export function findVersion({ bucket, key, versionId, allows, ofMarker }: Wanted): Version {
  checkKey(key);
  checkVersionId(versionId, 'versionId');
  if (versionId === undefined) {
    const newest = bucket.versions(key)[0];
    if (newest?.deleteMarker === false) return newest;
    // Without permission to list, the response must not reveal whether the object exists.
    throw allows('s3:ListBucket') ? noSuchKey(key, newest && markerHeaders(newest)) : accessDenied();
  }
  const version = bucket.versions(key).find((candidate) => candidate.versionId === versionId);
  if (version === undefined) {
    throw allows('s3:ListBucketVersions') ? noSuchVersion(key, versionId) : accessDenied();
  }
  if (!version.deleteMarker) return version;
  throw ofMarker(version);
}

/** Returns the headers of an error about a delete marker. */
function markerHeaders({ versionId }: Version): Record<string, string> {
  return { 'x-amz-delete-marker': 'true', 'x-amz-version-id': versionId };
}

/** First and last byte to send, both inclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Returns the range of a `Range` header. Like S3, supports a single byte range, and ignores any other value: the whole
 * object is then sent.
 *
 * @throws AwsError `InvalidRange` (416) if the range contains no byte of the object
 */
function readRange(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (match === null || header === undefined) return undefined;
  const [, from = '', to = ''] = match;
  if (from === '' && to === '') return undefined;
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (from !== '' && to !== '' && Number(to) < Number(from)) return undefined;
  if (start >= size || (from === '' && Number(to) === 0)) {
    throw new AwsError('InvalidRange', 'The requested range is not satisfiable', 416, {
      RangeRequested: header,
      ActualObjectSize: String(size),
    });
  }
  return { start, end };
}

/**
 * GetObject and HeadObject: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export function getObject(call: BucketRequest): HttpResponse {
  const { request, query, bucket, key, allows, now } = call;
  const version = findVersion({
    bucket,
    key,
    versionId: query.get('versionId'),
    allows,
    ofMarker: (marker) =>
      methodNotAllowed(request.method, 'DeleteMarker', {
        ...markerHeaders(marker),
        'last-modified': httpDate(marker),
      }),
  });
  const conditional = checkConditions(request.headers, version, now());
  if (conditional !== undefined) return conditional;
  const ranged = isStale(request.headers['if-range'], version) ? undefined : request.headers.range;
  const range = readRange(ranged, version.size);
  const sent = range === undefined ? version.size : range.end - range.start + 1;
  const headers: Record<string, string> = {
    ...objectHeaders(version, bucket),
    ...overrides(query),
    'content-length': String(sent),
  };
  if (range !== undefined) headers['content-range'] = `bytes ${range.start}-${range.end}/${version.size}`;
  if (request.headers['x-amz-checksum-mode'] !== undefined && range === undefined) {
    Object.assign(headers, checksumHeaders(version));
  }
  const status = range === undefined ? 200 : 206;
  if (request.method === 'HEAD') return { status, headers };
  return { status, headers, body: bytes(bucket.open(version), sent, range) };
}

function bytes(descriptor: number, length: number, range: ByteRange | undefined): Readable {
  if (length > 0) return createReadStream('', { fd: descriptor, highWaterMark: 1024 * 1024, ...range });
  closeSync(descriptor);
  return Readable.from([]);
}

function objectHeaders(version: Version, { config }: Bucket): Record<string, string> {
  return {
    ...descriptionHeaders(version),
    etag: `"${version.etag}"`,
    'last-modified': httpDate(version),
    'accept-ranges': 'bytes',
    ...ENCRYPTED,
    // Unlike writes, reads report the null version of a bucket with versions.
    ...(config.versioning !== undefined && { 'x-amz-version-id': version.versionId }),
  };
}

function httpDate({ modified }: Version): string {
  return new Date(modified).toUTCString();
}

/** In the order of RFC 9110: conditions on the ETag take precedence over those on the time. */
function checkConditions(
  headers: Readonly<Record<string, string>>,
  version: Version,
  now: Date,
): HttpResponse | undefined {
  const seconds = Math.floor(Date.parse(version.modified) / 1000);
  const ifMatch = headers['if-match'];
  const ifNoneMatch = headers['if-none-match'];
  if (ifMatch !== undefined) {
    if (!lists(ifMatch, version)) throw preconditionFailed('If-Match');
  } else if (seconds > (dateIn(headers['if-unmodified-since'], now) ?? Number.POSITIVE_INFINITY)) {
    throw preconditionFailed('If-Unmodified-Since');
  }
  const unchanged =
    ifNoneMatch === undefined
      ? seconds <= (dateIn(headers['if-modified-since'], now) ?? Number.NEGATIVE_INFINITY)
      : lists(ifNoneMatch, version);
  if (!unchanged) return undefined;
  return { status: 304, headers: { etag: `"${version.etag}"`, 'last-modified': httpDate(version) } };
}

function lists(etags: string, { etag }: Version): boolean {
  return etags.split(',').some((listed) => ['*', etag].includes(unquoted(listed.trim().replace(/^W\//, ''))));
}

/** Returns the date of a condition in seconds. A header that is not a date, or a date in the future, is no condition. */
export function dateIn(header: string | undefined, now: Date): number | undefined {
  const milliseconds = Date.parse(header ?? '');
  return milliseconds <= now.getTime() ? Math.floor(milliseconds / 1000) : undefined;
}

function isStale(ifRange: string | undefined, version: Version): boolean {
  return ifRange !== undefined && unquoted(ifRange) !== version.etag && ifRange !== httpDate(version);
}

const OVERRIDE = 'response-';

/** @throws AwsError `InvalidArgument` for a value that no header can have */
function overrides(query: ReadonlyMap<string, string>): Record<string, string> {
  const given = [...query].filter(([name]) => name.startsWith(OVERRIDE));
  for (const [name, value] of given) {
    if (!isHeaderValue(value)) {
      throw invalidArgument(name, value, 'Header value cannot be represented using ISO-8859-1.');
    }
  }
  return Object.fromEntries(given.map(([name, value]) => [name.slice(OVERRIDE.length), value]));
}
