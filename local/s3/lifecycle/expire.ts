import type { Bucket } from '../store/bucket.ts';
import { type LifecycleRule, lifecycleRules } from './rules.ts';

const DAY_MS = 86_400_000;

/**
 * Whether something from `since` has become so many days old: counted from then, and rounded up to the next midnight UTC.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html#intro-lifecycle-rules-number-of-days
 */
function isOver(since: string, days: number, now: Date): boolean {
  const end = new Date(since).getTime() + days * DAY_MS;
  return now.getTime() >= Math.ceil(end / DAY_MS) * DAY_MS;
}

/** Does what a bucket's lifecycle asks for by now. S3 looks once a day; looking more often comes to the same. */
export async function applyLifecycle(bucket: Bucket, now: Date): Promise<void> {
  for (const rule of lifecycleRules(bucket.config.properties).filter(({ enabled }) => enabled)) {
    for (const key of [...bucket.keysFrom(rule.prefix)].filter((one) => one.startsWith(rule.prefix))) {
      expireNoncurrent(bucket, key, rule, now);
      expireCurrent(bucket, key, rule, now);
    }
    await abortUploads(bucket, rule, now);
  }
}

/** With versioning the current version goes under a delete marker; without, for good. */
function expireCurrent(bucket: Bucket, key: string, rule: LifecycleRule, now: Date): void {
  const [newest, ...older] = bucket.versions(key);
  if (newest === undefined) return;
  if (newest.deleteMarker) {
    if (rule.expiredObjectDeleteMarker && older.length === 0) bucket.removeVersion(key, newest.versionId);
    return;
  }
  if (rule.expiration !== undefined && isOver(newest.modified, rule.expiration, now)) bucket.remove(key);
}

/** A version stops being the current one when the next is written. */
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
