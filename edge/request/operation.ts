import { encodeKey, encodeQuery } from '../../protocol/object-url.ts';
import { Refusal } from '../refusal.ts';
import type { Query } from './query.ts';
import type { EdgeRequest } from './viewer-request.ts';

/**
 * S3 operations that the edge forwards, by their API names:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 */
export type Operation =
  | 'PutObject'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'
  | 'ListParts'
  | 'ListMultipartUploads';

type Methods = Readonly<Record<string, Operation>>;

const OBJECT: Methods = { PUT: 'PutObject' };
const UPLOADS: Methods = { GET: 'ListMultipartUploads', POST: 'CreateMultipartUpload' };
const PART: Methods = { PUT: 'UploadPart' };
const UPLOAD: Methods = {
  DELETE: 'AbortMultipartUpload',
  GET: 'ListParts',
  POST: 'CompleteMultipartUpload',
};
const PARTS: Methods = { GET: 'ListParts' };

/**
 * Returns the operations on the resource that a query names, by method.
 * @throws {Refusal} `bad_query`
 */
function methodsOf(query: Query): Methods {
  switch ([...query.keys()].sort().join(' ')) {
    case '':
      return OBJECT;
    case 'uploads':
      return UPLOADS;
    case 'partNumber uploadId':
      return PART;
    case 'uploadId':
      return UPLOAD;
    case 'max-parts uploadId':
    case 'part-number-marker uploadId':
    case 'max-parts part-number-marker uploadId':
      return PARTS;
    default:
      throw new Refusal('bad_query', 'This combination of query parameters is not supported.');
  }
}

/** @throws {Refusal} `method_not_allowed`, with the allowed methods in `Allow` */
export function allowOnly(method: string, allowed: readonly string[]): void {
  if (allowed.includes(method)) return;
  throw new Refusal('method_not_allowed', `Allowed here: ${allowed.join(', ')}.`, {
    allow: allowed.join(', '),
  });
}

/** @throws {Refusal} `bad_query` or `method_not_allowed` */
export function operationOf(method: string, query: Query): Operation {
  const methods = methodsOf(query);
  allowOnly(method, Object.keys(methods));
  return methods[method] as Operation;
}

/** Maximum number of uploads in one list. A key rarely has more than one. */
const LISTED_UPLOADS = '100';

/**
 * Returns the path and query for S3. S3 lists the open uploads of a bucket, not of a key, so the list is limited to
 * keys that start with this one. The caller is allowed to write all of them. The key's own uploads come first, oldest
 * first.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
 */
export function targetOf(
  operation: Operation,
  key: string,
  query: Query,
): Pick<EdgeRequest, 'uri' | 'querystring'> {
  if (operation !== 'ListMultipartUploads') {
    return { uri: `/${encodeKey(key)}`, querystring: encodeQuery(query) };
  }
  const list = { uploads: '', prefix: key, 'max-uploads': LISTED_UPLOADS };
  return { uri: '/', querystring: encodeQuery(Object.entries(list)) };
}
