import { encodeKey, encodeQuery } from '../../protocol/percent-encode.ts';
import { Refusal } from '../refusal.ts';
import type { Query } from './query.ts';
import type { EdgeRequest } from './viewer-request.ts';

/** The operations of S3 that pass, by their names in its API: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html */
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

/** The operations on the resource that a query names. */
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
      throw new Refusal('bad_query', 'The query keys do not go together.');
  }
}

/** @throws {Refusal} `method_not_allowed`, naming those that are allowed in `Allow`. */
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

/** Uploads in one list; a key hardly ever has more than one. */
const LISTED_UPLOADS = '100';

/**
 * Returns the path and query for S3. S3 lists open uploads of a bucket, not of a key, so the list is limited to keys that
 * begin with this one, which the caller is allowed to write too. The key's own uploads come first, the oldest before the rest.
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
