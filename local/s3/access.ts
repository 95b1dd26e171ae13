import type { Principal } from '../auth/identities.ts';
import type { ConditionContext } from '../policy/conditions.ts';
import type { HttpRequest } from '../wire/http.ts';
import { isAllowed, parsePolicy, type Statement } from './policy.ts';
import type { Bucket } from './store/bucket.ts';

/** Returns the ARN of a bucket or, with a key, of an object. */
export function arnOf(bucket: string, key = ''): string {
  return `arn:aws:s3:::${bucket}${key === '' ? '' : `/${key}`}`;
}

/**
 * Returns what the request's principal is allowed to do in a bucket. Without a bucket, there is no policy to evaluate.
 */
export function accessTo(
  bucketName: string,
  bucket: Bucket | undefined,
  principal: Principal,
  context: ConditionContext,
): (action: string, key?: string) => boolean {
  const statements = bucket === undefined ? [] : statementsOf(bucket);
  return (action, key) =>
    isAllowed({ principal, action, resource: arnOf(bucketName, key), context }, statements);
}

/** Parsed bucket policies. Every request needs one, and few requests change it. */
const read = new WeakMap<Bucket, { readonly policy: string; readonly statements: readonly Statement[] }>();

function statementsOf(bucket: Bucket): readonly Statement[] {
  const { policy } = bucket.config;
  if (policy === undefined) return [];
  const before = read.get(bucket);
  if (before?.policy === policy) return before.statements;
  const statements = parsePolicy(policy, bucket.name);
  read.set(bucket, { policy, statements });
  return statements;
}

const CREATING: readonly string[] = ['PutObject', 'CopyObject', 'CompleteMultipartUpload'];
const UPLOADING: readonly string[] = ['CreateMultipartUpload', 'UploadPart', 'UploadPartCopy'];
const LISTING: readonly string[] = ['ListObjects', 'ListObjectsV2', 'ListObjectVersions'];

/**
 * Returns the condition keys of a request, for bucket policies:
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
 */
export function requestContext(
  { headers }: HttpRequest,
  operation: string,
  query: ReadonlyMap<string, string>,
): ConditionContext {
  const creates = CREATING.includes(operation);
  const lists = LISTING.includes(operation);
  return {
    's3:if-none-match': creates ? headers['if-none-match'] : undefined,
    's3:if-match': creates ? headers['if-match'] : undefined,
    's3:objectcreationoperation': creates ? 'true' : UPLOADING.includes(operation) ? 'false' : undefined,
    's3:prefix': lists ? query.get('prefix') : undefined,
    's3:delimiter': lists ? query.get('delimiter') : undefined,
    's3:max-keys': lists ? query.get('max-keys') : undefined,
    's3:x-amz-copy-source': headers['x-amz-copy-source'],
    's3:x-amz-metadata-directive': headers['x-amz-metadata-directive'],
    's3:x-amz-acl': headers['x-amz-acl'],
    's3:x-amz-content-sha256': headers['x-amz-content-sha256'],
    's3:x-amz-server-side-encryption': headers['x-amz-server-side-encryption'],
    's3:x-amz-storage-class': headers['x-amz-storage-class'],
  };
}
