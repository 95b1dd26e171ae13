import type { AwsError } from '../../wire/errors.ts';
import { accessDenied, noSuchKey, noSuchVersion } from '../errors.ts';
import { checkKey } from '../key.ts';
import type { Bucket } from '../store/bucket.ts';
import type { Version } from '../store/version.ts';

interface Wanted {
  readonly bucket: Bucket;
  readonly key: string;
  /** Absent: the current version. */
  readonly versionId: string | undefined;
  readonly allows: (action: string) => boolean;
  /** Makes the refusal of a version that is a delete marker. */
  readonly ofMarker: () => AwsError;
}

/**
 * The version of an object that a request reads.
 *
 * @throws AwsError `NoSuchKey`, `NoSuchVersion`, or `AccessDenied` for both where the caller has no permission to list
 */
export function findVersion({ bucket, key, versionId, allows, ofMarker }: Wanted): Version {
  checkKey(key);
  if (versionId === undefined) {
    const current = bucket.current(key);
    if (current !== undefined) return current;
    // Who may not list must not learn what is there.
    throw allows('s3:ListBucket') ? noSuchKey(key) : accessDenied();
  }
  const version = bucket.versions(key).find((candidate) => candidate.versionId === versionId);
  if (version === undefined) {
    throw allows('s3:ListBucketVersions') ? noSuchVersion(key, versionId) : accessDenied();
  }
  if (!version.deleteMarker) return version;
  throw ofMarker();
}
