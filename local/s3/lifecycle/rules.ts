import type { Json, JsonObject } from '../../json.ts';

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

/** Templates can contain numbers as strings. */
function days(value: Json | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

/** Returns the rules in validated properties; none for a bucket without a lifecycle. */
export function lifecycleRules(properties: JsonObject = {}): LifecycleRule[] {
  const configuration = properties.LifecycleConfiguration as { Rules?: JsonObject[] } | undefined;
  return (configuration?.Rules ?? []).map((rule) => {
    const noncurrent = rule.NoncurrentVersionExpiration as JsonObject | undefined;
    const abort = rule.AbortIncompleteMultipartUpload as JsonObject | undefined;
    return {
      id: rule.Id as string | undefined,
      enabled: rule.Status === 'Enabled',
      prefix: (rule.Prefix as string | undefined) ?? '',
      expiration: days(rule.ExpirationInDays),
      expiredObjectDeleteMarker: String(rule.ExpiredObjectDeleteMarker) === 'true',
      noncurrent:
        noncurrent === undefined
          ? undefined
          : {
              days: Number(noncurrent.NoncurrentDays),
              keep: Number(noncurrent.NewerNoncurrentVersions ?? 0),
            },
      abortIncomplete: days(abort?.DaysAfterInitiation),
    };
  });
}
