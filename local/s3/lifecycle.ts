import type { Bucket } from './store/bucket.ts';

/** One lifecycle rule of a bucket. Numbers are days. */
interface LifecycleRule {
  readonly id: string | undefined;
  readonly enabled: boolean;
  readonly prefix: string;
  readonly expiration: number | undefined;
  /** Whether to delete delete markers without other versions. */
  readonly expiredObjectDeleteMarker: boolean;
  readonly noncurrent: { readonly days: number; readonly keep: number } | undefined;
  readonly abortIncomplete: number | undefined;
}

/** Returns the rules of a bucket; none without a lifecycle. */
export function lifecycleRules({ properties }: Bucket): LifecycleRule[] {
  return (properties.LifecycleConfiguration?.Rules ?? []).map(
    ({ NoncurrentVersionExpiration: noncurrent, ...rule }) => ({
      id: rule.Id,
      enabled: rule.Status === 'Enabled',
      prefix: rule.Prefix ?? '',
      expiration: rule.ExpirationInDays,
      expiredObjectDeleteMarker: rule.ExpiredObjectDeleteMarker ?? false,
      noncurrent: noncurrent && {
        days: noncurrent.NoncurrentDays,
        keep: noncurrent.NewerNoncurrentVersions ?? 0,
      },
      abortIncomplete: rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation,
    }),
  );
}

const DAY_MS = 86_400_000;

/**
 * Whether something is old enough: `days` after `since`, rounded up to the next midnight UTC.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html#intro-lifecycle-rules-number-of-days
 */
function isOver(since: string, days: number, now: Date): boolean {
  const end = new Date(since).getTime() + days * DAY_MS;
  return now.getTime() >= Math.ceil(end / DAY_MS) * DAY_MS;
}

/** Applies a bucket's lifecycle rules. S3 does so once a day; more often has the same result. */
export async function applyLifecycle(bucket: Bucket, now: Date): Promise<void> {
  for (const rule of lifecycleRules(bucket).filter(({ enabled }) => enabled)) {
    for (const key of [...bucket.keysFrom(rule.prefix)].filter((one) => one.startsWith(rule.prefix))) {
      expireNoncurrent(bucket, key, rule, now);
      expireCurrent(bucket, key, rule, now);
    }
    await abortUploads(bucket, rule, now);
  }
}

/** With versioning, adds a delete marker above the current version. Without, deletes the object. */
function expireCurrent(bucket: Bucket, key: string, rule: LifecycleRule, now: Date): void {
  const [newest, ...older] = bucket.versions(key);
  if (newest === undefined) return;
  if (newest.deleteMarker) {
    if (rule.expiredObjectDeleteMarker && older.length === 0) bucket.removeVersion(key, newest.versionId);
    return;
  }
  if (rule.expiration !== undefined && isOver(newest.modified, rule.expiration, now)) bucket.remove(key);
}

/** Deletes noncurrent versions that are old enough. A version becomes noncurrent when the next one is written. */
function expireNoncurrent(bucket: Bucket, key: string, { noncurrent }: LifecycleRule, now: Date): void {
  if (noncurrent === undefined) return;
  const versions = bucket.versions(key);
  const gone = versions.filter((_version, at) => {
    const next = versions[at - 1];
    return next !== undefined && at > noncurrent.keep && isOver(next.modified, noncurrent.days, now);
  });
  for (const { versionId } of gone) bucket.removeVersion(key, versionId);
}

async function abortUploads(
  { uploads }: Bucket,
  { abortIncomplete, prefix }: LifecycleRule,
  now: Date,
): Promise<void> {
  if (abortIncomplete === undefined) return;
  const over = uploads
    .all()
    .filter(({ key, initiated }) => key.startsWith(prefix) && isOver(initiated, abortIncomplete, now))
    .filter(({ key, uploadId }) => uploads.find(key, uploadId)?.completing === false);
  for (const { uploadId } of over) {
    uploads.end(uploadId);
    await uploads.clear(uploadId);
  }
}
