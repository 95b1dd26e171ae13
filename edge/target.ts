import { percentEncode } from '../protocol/percent-encode.ts';
import { uriOf } from './key.ts';
import type { Operation } from './operation.ts';
import { type Query, queryOf } from './query.ts';
import type { EdgeRequest } from './request.ts';

/** Bounds what one answer tells, and its size; of one key there is hardly ever more than one. */
const LISTED_UPLOADS = 100;

/**
 * Where a request goes at S3. Open uploads are listed by the bucket, not by a key. Those whose keys begin with this one come,
 * its own first and the oldest of them first: no others than the caller may write.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
 */
export function targetOf(
  operation: Operation,
  key: string,
  query: Query,
): Pick<EdgeRequest, 'uri' | 'querystring'> {
  if (operation !== 'ListMultipartUploads') return { uri: uriOf(key), querystring: queryOf(query) };
  return {
    uri: '/',
    querystring: `uploads=&prefix=${percentEncode(key)}&max-uploads=${LISTED_UPLOADS}`,
  };
}
