import { isUtf8 } from 'node:buffer';
import { percentDecode, queryPairs } from '../auth/canonical.ts';
import { AwsError } from '../wire/errors.ts';
import type { HttpRequest } from '../wire/http.ts';
import { OPERATIONS, type Operation } from './dispatch.ts';
import { invalidArgument, methodNotAllowed, notImplemented } from './errors.ts';

/** The operation of a request, with its bucket and key. */
export interface RequestTarget {
  readonly operation: Operation;
  /** Empty for requests to the service itself. */
  readonly bucket: string;
  /** Empty for requests to a bucket. */
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
}

type Level = 'service' | 'bucket' | 'object';

/**
 * Determines the operation from method, path and query. Refuses unknown query parameters: a request for an unknown
 * sub-resource must not become a plain read or write of the object.
 *
 * @throws AwsError `NotImplemented` with the query parameter, `MethodNotAllowed`, `InvalidURI`
 */
export function detect(request: HttpRequest): RequestTarget {
  const { bucket, key } = targetOf(request);
  const query = readQuery(request.query);
  const level: Level = bucket === '' ? 'service' : key === '' ? 'bucket' : 'object';
  const operations = OPERATIONS.get(`${request.method} ${level}`);
  if (operations === undefined) throw notAllowed(request, level, query);
  const isCopy = request.headers['x-amz-copy-source'] !== undefined;
  const operation = operations.find(
    ({ copies, markers }) => (isCopy || !copies) && markers.every((marker) => query.has(marker)),
  );
  const accepted = [...(operation?.markers ?? []), ...(operation?.options ?? [])];
  const unknown = [...query.keys()].find((name) => !accepted.includes(name) && !isForEveryOperation(name));
  if (unknown !== undefined) throw notImplemented(`${request.method} with the query parameter "${unknown}"`);
  if (operation === undefined) throw notAllowed(request, level, query);
  return { operation, bucket, key, query };
}

/** SDKs send the operation in `x-id`; presigned requests contain their signature. */
function isForEveryOperation(name: string): boolean {
  return name === 'x-id' || name.startsWith('X-Amz-');
}

/** Methods, with or without a level, that S3 has operations for. They are selected by neither path nor query. */
const UNSUPPORTED: ReadonlyMap<string, string> = new Map([
  // https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
  ['POST bucket', 'The upload of an HTML form'],
  // https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html
  ['OPTIONS', 'CORS'],
]);

function notAllowed(request: HttpRequest, level: Level, query: ReadonlyMap<string, string>): AwsError {
  const [subresource] = query.keys();
  if (subresource !== undefined)
    return notImplemented(`${request.method} with the query parameter "${subresource}"`);
  const unsupported = UNSUPPORTED.get(`${request.method} ${level}`) ?? UNSUPPORTED.get(request.method);
  if (unsupported !== undefined) return notImplemented(unsupported);
  return methodNotAllowed(request.method, level.toUpperCase());
}

/** A bucket's name has at least three characters, so that `s3.localhost` names none. */
const VIRTUAL_HOST = /^(.{3,})\.localhost(?::\d+)?$/i;

/**
 * Returns the bucket and key of a path, or of a path and a host such as `bucket.localhost`.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 */
function targetOf({ path, headers }: HttpRequest): { bucket: string; key: string } {
  const [, named] = VIRTUAL_HOST.exec(headers.host ?? '') ?? [];
  const whole = named === undefined ? path : `/${named.toLowerCase()}${path}`;
  const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(whole) ?? [];
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
