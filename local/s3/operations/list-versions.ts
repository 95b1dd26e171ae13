import type { HttpResponse } from '../../wire/http.ts';
import type { XmlChildren } from '../../wire/xml.ts';
import { invalidArgument, notImplemented } from '../errors.ts';
import { checkVersionId } from '../names.ts';
import { type BucketRequest, shownTime, xmlResponse } from '../operation.ts';
import type { Bucket } from '../store/bucket.ts';
import { compareKeys, type Version } from '../store/version.ts';
import { OWNER } from '../xml.ts';
import { contentOf, keyEncoding, pageSize } from './list-objects.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html */
export function listObjectVersions({ bucket, bucketName, query }: BucketRequest): HttpResponse {
  if (query.get('delimiter')) throw notImplemented('A delimiter in ListObjectVersions');
  const encode = keyEncoding(query);
  const limit = pageSize(query, 'max-keys');
  const prefix = query.get('prefix') ?? '';
  const keyMarker = query.get('key-marker') ?? '';
  const versionMarker = query.get('version-id-marker') ?? '';
  if (versionMarker !== '' && keyMarker === '') {
    throw invalidArgument(
      'version-id-marker',
      versionMarker,
      'A version-id marker cannot be specified without a key marker.',
    );
  }
  if (versionMarker !== '') checkVersionId(versionMarker, 'version-id-marker');
  const page = [...versionsAfter(bucket, prefix, keyMarker, versionMarker, limit + 1)];
  const given = page.slice(0, limit);
  const last = page.length > limit ? given.at(-1) : undefined;
  const describe = (version: Version) => describeVersion(bucket, version, encode);
  return xmlResponse('ListVersionsResult', {
    Name: bucketName,
    Prefix: encode(prefix),
    KeyMarker: encode(keyMarker),
    VersionIdMarker: versionMarker,
    NextKeyMarker: last === undefined ? undefined : encode(last.key),
    NextVersionIdMarker: last?.versionId,
    MaxKeys: limit,
    EncodingType: query.get('encoding-type'),
    IsTruncated: last !== undefined,
    Version: given.filter(({ deleteMarker }) => !deleteMarker).map(describe),
    DeleteMarker: given.filter(({ deleteMarker }) => deleteMarker).map(describe),
  });
}

/** Yields the versions after the markers, by key, newest first. */
function* versionsAfter(
  bucket: Bucket,
  prefix: string,
  keyMarker: string,
  versionMarker: string,
  limit: number,
): Generator<Version> {
  let left = limit;
  for (const key of bucket.keysFrom(compareKeys(prefix, keyMarker) > 0 ? prefix : keyMarker)) {
    if (!key.startsWith(prefix)) return;
    for (const version of unseen(bucket.versions(key), key === keyMarker ? versionMarker : undefined)) {
      if (left-- === 0) return;
      yield version;
    }
  }
}

/**
 * Returns the versions of a key that the previous pages do not contain. If the marker was deleted, which clients do that
 * delete each page, these are all that are left.
 *
 * @param marker - version at the end of the previous page, if that page ended within this key; empty: it ended after it
 */
function unseen(versions: readonly Version[], marker: string | undefined): readonly Version[] {
  if (marker === '') return [];
  return versions.slice(versions.findIndex(({ versionId }) => versionId === marker) + 1);
}

function describeVersion(bucket: Bucket, version: Version, encode: (text: string) => string): XmlChildren {
  const named = {
    Key: encode(version.key),
    VersionId: version.versionId,
    IsLatest: bucket.versions(version.key)[0]?.versionId === version.versionId,
    LastModified: shownTime(version.modified),
    Owner: OWNER,
  };
  return version.deleteMarker ? named : { ...named, ...contentOf(version) };
}
