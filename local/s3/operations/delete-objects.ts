import { setImmediate as nextTurn } from 'node:timers/promises';
import { AwsError } from '../../wire/errors.ts';
import type { HttpResponse } from '../../wire/http.ts';
import type { XmlChildren } from '../../wire/xml.ts';
import { readText } from '../body/text.ts';
import { malformedXml, noSuchVersion, notImplemented } from '../errors.ts';
import { checkKey, checkVersionId, isVersionId } from '../names.ts';
import { type BucketRequest, xmlResponse } from '../operation.ts';
import type { Bucket } from '../store/bucket.ts';
import { childText, once, type ParsedXml, parseXml, repeated } from '../xml.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html */
export function deleteObject({ request, bucket, key, query }: BucketRequest): HttpResponse {
  checkKey(key);
  if (request.headers['if-match'] !== undefined)
    throw notImplemented('If-Match on DELETE', { Header: 'If-Match' });
  const versionId = query.get('versionId');
  checkVersionId(versionId, 'versionId');
  const deleted = deleteOne(bucket, key, versionId);
  return {
    status: 204,
    headers: {
      ...(deleted.marker ? { 'x-amz-delete-marker': 'true' } : {}),
      ...(deleted.versionId === undefined ? {} : { 'x-amz-version-id': deleted.versionId }),
    },
  };
}

interface Deleted {
  /** Whether a delete marker was created or deleted. */
  readonly marker: boolean;
  readonly versionId?: string;
}

/** Deleting an object that does not exist succeeds. */
function deleteOne(bucket: Bucket, key: string, versionId: string | undefined): Deleted {
  if (versionId !== undefined) {
    return { marker: bucket.removeVersion(key, versionId)?.deleteMarker === true, versionId };
  }
  const marker = bucket.remove(key);
  if (marker === undefined) return { marker: false };
  return { marker: true, versionId: marker.versionId };
}

const MAX_KEYS = 1000;
/** Conditions on single keys, which the embedded S3 does not support. */
const CONDITIONS = ['ETag', 'LastModifiedTime', 'Size'] as const;
const REQUEST = {
  Quiet: once(),
  Object: repeated(
    { Key: once(), VersionId: once(), ...Object.fromEntries(CONDITIONS.map((name) => [name, once()])) },
    MAX_KEYS,
  ),
};

/** Deletions without a turn for other requests. On a slow disk, one takes some milliseconds. */
const IN_A_ROW = 10;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
export async function deleteObjects(call: BucketRequest): Promise<HttpResponse> {
  const request = parseXml(await readText(call, { proof: true }), 'Delete', REQUEST);
  const quietText = childText(request, 'Quiet')?.trim() ?? 'false';
  if (quietText !== 'true' && quietText !== 'false') throw malformedXml();
  const quiet = quietText === 'true';
  const objects = request.Object ?? [];
  if (objects.length === 0) throw malformedXml();
  const results: Attempt[] = [];
  for (const object of objects.map(readObject)) {
    if (results.length % IN_A_ROW === IN_A_ROW - 1) await nextTurn();
    results.push(attempt(call, object));
  }
  return xmlResponse('DeleteResult', {
    Deleted: quiet ? [] : results.flatMap<XmlChildren>(({ deleted }) => deleted ?? []),
    Error: results.flatMap<XmlChildren>(({ error }) => error ?? []),
  });
}

interface ObjectToDelete {
  readonly key: string;
  readonly versionId: string | undefined;
}

function readObject(element: ParsedXml): ObjectToDelete {
  const key = childText(element, 'Key');
  if (!key) throw malformedXml();
  const condition = CONDITIONS.find((name) => childText(element, name) !== undefined);
  if (condition !== undefined) throw notImplemented(`${condition} in DeleteObjects`);
  return { key, versionId: childText(element, 'VersionId') };
}

interface Attempt {
  readonly deleted?: XmlChildren;
  readonly error?: XmlChildren;
}

function attempt(call: BucketRequest, { key, versionId }: ObjectToDelete): Attempt {
  const named = { Key: key, VersionId: versionId };
  const action = versionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion';
  if (!call.allows(action, key)) {
    return { error: { ...named, Code: 'AccessDenied', Message: 'Access Denied' } };
  }
  try {
    call.throttle('DeleteObjects.Key');
    checkKey(key);
    if (versionId !== undefined && !isVersionId(versionId)) throw noSuchVersion(key, versionId);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return { error: { ...named, Code: error.code, Message: error.message } };
  }
  const { marker, versionId: deletedId } = deleteOne(call.bucket, key, versionId);
  return {
    deleted: {
      ...named,
      DeleteMarker: marker ? true : undefined,
      DeleteMarkerVersionId: marker ? deletedId : undefined,
    },
  };
}
