import { percentEncode } from '../../auth/canonical.ts';
import type { HttpResponse } from '../../wire/http.ts';
import type { XmlChildren } from '../../wire/xml.ts';
import { invalidArgument, notImplemented } from '../errors.ts';
import { type BucketRequest, shownTime, xmlResponse } from '../operation.ts';
import type { Bucket } from '../store/bucket.ts';
import { compareKeys, type Version } from '../store/version.ts';
import { OWNER } from '../xml.ts';

interface KeyQuery {
  readonly prefix: string;
  /** Empty without a delimiter. */
  readonly delimiter: string;
  /** End of the previous page: a key, or a common prefix with all keys below it. Empty for the first page. */
  readonly after: string;
  readonly limit: number;
}

interface KeyPage {
  readonly keys: readonly string[];
  readonly commonPrefixes: readonly string[];
  /** Start of the next page; absent on the last one. */
  readonly next?: string;
}

/** The last code point, which keys do not contain in practice. A prefix with it sorts after all keys of the prefix. */
const LAST = '\u{10FFFF}';

/** Returns one page of the current objects' keys. Keys below a delimiter are grouped into common prefixes. */
function listKeys(bucket: Bucket, query: KeyQuery): KeyPage {
  const { prefix, delimiter, after, limit } = query;
  const keys: string[] = [];
  const commonPrefixes: string[] = [];
  let last = after;
  let from = compareKeys(prefix, after) > 0 ? prefix : after;
  const isListed = (key: string, group: string | undefined) =>
    key === last || (last !== '' && (group === last || compareKeys(key, last) < 0));
  for (;;) {
    let group: string | undefined;
    for (const key of bucket.keysFrom(from)) {
      if (!key.startsWith(prefix)) return { keys, commonPrefixes };
      group = groupOf(key, prefix, delimiter);
      if (isListed(key, group) || bucket.current(key) === undefined) {
        group = undefined;
        continue;
      }
      if (keys.length + commonPrefixes.length === limit) {
        return { keys, commonPrefixes, ...(limit > 0 ? { next: last } : {}) };
      }
      last = group ?? key;
      if (group !== undefined) break;
      keys.push(key);
    }
    if (group === undefined) return { keys, commonPrefixes };
    commonPrefixes.push(group);
    from = group + LAST;
  }
}

function groupOf(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '') return undefined;
  const end = key.indexOf(delimiter, prefix.length);
  return end < 0 ? undefined : key.slice(0, end + delimiter.length);
}

const MAX_PAGE = 1000;
/** Maximum value of the API's integers. */
export const MAX_INTEGER = 2 ** 31 - 1;

/** Returns the requested page size, at most 1,000. */
export function pageSize(query: ReadonlyMap<string, string>, name: string): number {
  const text = query.get(name);
  if (text === undefined || text === '') return MAX_PAGE;
  if (!/^\d{1,10}$/.test(text) || Number(text) > MAX_INTEGER)
    throw invalidArgument(name, text, `Provided ${name} not an integer or within integer range`);
  return Math.min(Number(text), MAX_PAGE);
}

/** Returns the encoding of keys. With `encoding-type=url`, XML can contain every key. */
export function keyEncoding(query: ReadonlyMap<string, string>): (text: string) => string {
  const type = query.get('encoding-type');
  if (type === undefined) return (text) => text;
  if (type !== 'url')
    throw invalidArgument('encoding-type', type, 'Invalid Encoding Method specified in Request');
  return (text) =>
    text
      .split('/')
      .map((segment) => percentEncode(segment).replaceAll('%20', '+'))
      .join('/');
}

/** Opaque to clients: the start of the next page. */
function continuationToken(next: string): string {
  return Buffer.from(next).toString('base64url');
}

/** Inverse of {@link continuationToken}. */
function readContinuationToken(token: string): string {
  const next = Buffer.from(token, 'base64url').toString();
  if (token === '' || continuationToken(next) !== token) {
    throw invalidArgument('continuation-token', token, 'The continuation token provided is incorrect');
  }
  return next;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
export function listObjectsV2(call: BucketRequest): HttpResponse {
  const { query, bucket } = call;
  const type = query.get('list-type');
  if (type !== '2') throw notImplemented(`The list-type ${type}`);
  const token = query.get('continuation-token');
  const startAfter = query.get('start-after');
  const encode = keyEncoding(query);
  const asked = askedOf(query);
  const after = token === undefined ? (startAfter ?? '') : readContinuationToken(token);
  const page = listKeys(bucket, { ...asked, after });
  return xmlResponse('ListBucketResult', {
    ...echo(call, encode),
    MaxKeys: asked.limit,
    KeyCount: page.keys.length + page.commonPrefixes.length,
    ContinuationToken: token,
    NextContinuationToken: page.next === undefined ? undefined : continuationToken(page.next),
    StartAfter: startAfter === undefined ? undefined : encode(startAfter),
    ...found(call, page, encode, query.get('fetch-owner') === 'true'),
  });
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html */
export function listObjects(call: BucketRequest): HttpResponse {
  const { query, bucket } = call;
  const encode = keyEncoding(query);
  const asked = askedOf(query);
  const marker = query.get('marker') ?? '';
  const page = listKeys(bucket, { ...asked, after: marker });
  const next = asked.delimiter === '' ? undefined : page.next;
  return xmlResponse('ListBucketResult', {
    ...echo(call, encode),
    Marker: encode(marker),
    NextMarker: next === undefined ? undefined : encode(next),
    MaxKeys: asked.limit,
    ...found(call, page, encode, true),
  });
}

/** Returns the members of a listed object that describe its content. */
export function contentOf({ etag, checksum, size }: Version): XmlChildren {
  return {
    ETag: `"${etag}"`,
    ChecksumAlgorithm: checksum?.algorithm,
    ChecksumType: checksum?.type,
    Size: size,
    StorageClass: 'STANDARD',
  };
}

function askedOf(query: ReadonlyMap<string, string>) {
  return {
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    limit: pageSize(query, 'max-keys'),
  };
}

function echo({ bucketName, query }: BucketRequest, encode: (text: string) => string): XmlChildren {
  const delimiter = query.get('delimiter');
  return {
    Name: bucketName,
    Prefix: encode(query.get('prefix') ?? ''),
    Delimiter: delimiter ? encode(delimiter) : undefined,
    EncodingType: query.get('encoding-type'),
  };
}

function found(
  call: BucketRequest,
  page: KeyPage,
  encode: (text: string) => string,
  owner: boolean,
): XmlChildren {
  return {
    IsTruncated: page.next !== undefined,
    Contents: page.keys.flatMap((key): XmlChildren[] => {
      const version = call.bucket.current(key);
      if (version === undefined) return [];
      return [
        {
          Key: encode(key),
          LastModified: shownTime(version.modified),
          ...contentOf(version),
          Owner: owner ? OWNER : undefined,
        },
      ];
    }),
    CommonPrefixes: page.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })),
  };
}
