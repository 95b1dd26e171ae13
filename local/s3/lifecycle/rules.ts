import type { JsonObject } from '../../json.ts';
import { readBucketProperties } from '../resources/bucket-properties.ts';

/** One lifecycle rule of a bucket. Numbers are days. */
export interface LifecycleRule {
  readonly id: string | undefined;
  readonly enabled: boolean;
  readonly prefix: string;
  readonly expiration: number | undefined;
  /** Whether to delete delete markers without other versions. */
  readonly expiredObjectDeleteMarker: boolean;
  readonly noncurrent: { readonly days: number; readonly keep: number } | undefined;
  readonly abortIncomplete: number | undefined;
}

/** Returns the rules in validated properties; none for a bucket without a lifecycle. */
export function lifecycleRules(properties: JsonObject = {}): LifecycleRule[] {
  const { LifecycleConfiguration: configuration } = readBucketProperties(properties);
  return (configuration?.Rules ?? []).map(({ NoncurrentVersionExpiration: noncurrent, ...rule }) => ({
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
  }));
}
