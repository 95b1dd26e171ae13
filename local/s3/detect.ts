import { isUtf8 } from 'node:buffer';
import { percentDecode, queryPairs } from '../auth/canonical.ts';
import { AwsError } from '../wire/errors.ts';
import type { HttpRequest } from '../wire/http.ts';
import { invalidArgument, notImplemented } from './errors.ts';

/** The operation of a request, with its bucket and key. */
export interface RequestTarget {
  readonly operation: OperationName;
  /** Empty for requests to the service itself. */
  readonly bucket: string;
  /** Empty for requests to a bucket. */
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
}

type Level = 'service' | 'bucket' | 'object';

interface Route {
  readonly method: string;
  readonly level: Level;
  /** Query parameters that select this operation. */
  readonly markers: readonly string[];
  /** Other query parameters that the operation accepts. */
  readonly options?: readonly string[];
}

const RESPONSE_OVERRIDES = [
  'response-content-type',
  'response-content-language',
  'response-expires',
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
];
const LIST = ['prefix', 'delimiter', 'max-keys', 'encoding-type'];

const ROUTES = {
  ListBuckets: { method: 'GET', level: 'service', markers: [] },
  CreateBucket: { method: 'PUT', level: 'bucket', markers: [] },
  DeleteBucket: { method: 'DELETE', level: 'bucket', markers: [] },
  HeadBucket: { method: 'HEAD', level: 'bucket', markers: [] },
  GetBucketLocation: { method: 'GET', level: 'bucket', markers: ['location'] },
  GetBucketVersioning: { method: 'GET', level: 'bucket', markers: ['versioning'] },
  PutBucketVersioning: { method: 'PUT', level: 'bucket', markers: ['versioning'] },
  GetBucketLifecycleConfiguration: { method: 'GET', level: 'bucket', markers: ['lifecycle'] },
  DeleteBucketLifecycle: { method: 'DELETE', level: 'bucket', markers: ['lifecycle'] },
  DeleteBucketOwnershipControls: { method: 'DELETE', level: 'bucket', markers: ['ownershipControls'] },
  DeletePublicAccessBlock: { method: 'DELETE', level: 'bucket', markers: ['publicAccessBlock'] },
  GetBucketPolicy: { method: 'GET', level: 'bucket', markers: ['policy'] },
  PutBucketPolicy: { method: 'PUT', level: 'bucket', markers: ['policy'] },
  DeleteBucketPolicy: { method: 'DELETE', level: 'bucket', markers: ['policy'] },
  ListObjects: { method: 'GET', level: 'bucket', markers: [], options: [...LIST, 'marker'] },
  ListObjectsV2: {
    method: 'GET',
    level: 'bucket',
    markers: ['list-type'],
    options: [...LIST, 'continuation-token', 'start-after', 'fetch-owner'],
  },
  ListObjectVersions: {
    method: 'GET',
    level: 'bucket',
    markers: ['versions'],
    options: [...LIST, 'key-marker', 'version-id-marker'],
  },
  ListMultipartUploads: {
    method: 'GET',
    level: 'bucket',
    markers: ['uploads'],
    options: ['prefix', 'max-uploads', 'key-marker', 'upload-id-marker', 'encoding-type'],
  },
  DeleteObjects: { method: 'POST', level: 'bucket', markers: ['delete'] },
  PutObject: { method: 'PUT', level: 'object', markers: [] },
  GetObject: { method: 'GET', level: 'object', markers: [], options: ['versionId', ...RESPONSE_OVERRIDES] },
  HeadObject: { method: 'HEAD', level: 'object', markers: [], options: ['versionId', ...RESPONSE_OVERRIDES] },
  DeleteObject: { method: 'DELETE', level: 'object', markers: [], options: ['versionId'] },
  CreateMultipartUpload: { method: 'POST', level: 'object', markers: ['uploads'] },
  UploadPart: { method: 'PUT', level: 'object', markers: ['partNumber', 'uploadId'] },
  CompleteMultipartUpload: { method: 'POST', level: 'object', markers: ['uploadId'] },
  AbortMultipartUpload: { method: 'DELETE', level: 'object', markers: ['uploadId'] },
  ListParts: {
    method: 'GET',
    level: 'object',
    markers: ['uploadId'],
    options: ['max-parts', 'part-number-marker', 'encoding-type'],
  },
} as const satisfies Record<string, Route>;

/** Operations that become copies with the header x-amz-copy-source. */
const COPIES = { PutObject: 'CopyObject', UploadPart: 'UploadPartCopy' } as const;

export type OperationName = keyof typeof ROUTES | (typeof COPIES)[keyof typeof COPIES];

/** By method and level. Routes with the most markers come first. */
const ROUTES_OF = routesByMethodAndLevel();

function routesByMethodAndLevel() {
  const all = (Object.keys(ROUTES) as (keyof typeof ROUTES)[])
    .map((operation) => ({ operation, route: ROUTES[operation] as Route }))
    .sort((a, b) => b.route.markers.length - a.route.markers.length);
  const of = new Map<string, typeof all>();
  for (const one of all) {
    const place = `${one.route.method} ${one.route.level}`;
    of.set(place, [...(of.get(place) ?? []), one]);
  }
  return of;
}

/**
 * Determines the operation from method, path and query. Refuses unknown query parameters: a request for an unknown
 * sub-resource must not become a plain read or write of the object.
 *
 * @throws AwsError `NotImplemented` with the query parameter, `MethodNotAllowed`, `InvalidURI`
 */
export function detect(request: HttpRequest): RequestTarget {
  const { bucket, key } = splitPath(request.path);
  const query = readQuery(request.query);
  const level: Level = bucket === '' ? 'service' : key === '' ? 'bucket' : 'object';
  const routes = ROUTES_OF.get(`${request.method} ${level}`);
  if (routes === undefined) throw methodNotAllowed(request, level, query);
  const found = routes.find(({ route }) => route.markers.every((marker) => query.has(marker)));
  const markers = found?.route.markers ?? [];
  const unknown = [...query.keys()].find(
    (name) => !markers.includes(name) && !found?.route.options?.includes(name) && !isForEveryOperation(name),
  );
  if (unknown !== undefined) throw notImplemented(`${request.method} with the query parameter "${unknown}"`);
  if (found === undefined) throw methodNotAllowed(request, level, query);
  const isCopy = request.headers['x-amz-copy-source'] !== undefined;
  const copy = isCopy && Object.hasOwn(COPIES, found.operation);
  const operation = copy ? COPIES[found.operation as keyof typeof COPIES] : found.operation;
  return { operation, bucket, key, query };
}

/** SDKs send the operation in `x-id`; presigned requests contain their signature. */
function isForEveryOperation(name: string): boolean {
  return name === 'x-id' || name.startsWith('X-Amz-');
}

function methodNotAllowed(request: HttpRequest, level: Level, query: ReadonlyMap<string, string>): AwsError {
  const [subresource] = query.keys();
  if (subresource !== undefined)
    return notImplemented(`${request.method} with the query parameter "${subresource}"`);
  return new AwsError('MethodNotAllowed', 'The specified method is not allowed against this resource.', 405, {
    Method: request.method,
    ResourceType: level.toUpperCase(),
  });
}

function splitPath(path: string): { bucket: string; key: string } {
  const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  return { bucket: decoded(bucket), key: decoded(key) };
}

function decoded(raw: string): string {
  const bytes = percentDecode(raw);
  if (bytes === undefined || !isUtf8(bytes)) {
    throw new AwsError('InvalidURI', "Couldn't parse the specified URI.", 400, { URI: raw });
  }
  return bytes.toString();
}

function readQuery(raw: string): Map<string, string> {
  const pairs = queryPairs(raw);
  if (pairs === undefined) throw new AwsError('InvalidURI', "Couldn't parse the specified URI.");
  const query = new Map<string, string>();
  for (const [name, value] of pairs) {
    if (query.has(name)) throw invalidArgument(name, value, `The query parameter ${name} is given twice.`);
    query.set(name, value);
  }
  return query;
}
