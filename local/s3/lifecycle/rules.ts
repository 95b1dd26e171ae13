import type { Json, JsonObject } from '../../json.ts';

/** One rule of a bucket's lifecycle; numbers are days. */
export interface LifecycleRule {
  readonly id: string | undefined;
  readonly enabled: boolean;
  readonly prefix: string;
  readonly expiration: number | undefined;
  /** Takes away delete markers that nothing is under any more. */
  readonly expiredObjectDeleteMarker: boolean;
  readonly noncurrent: { readonly days: number; readonly keep: number } | undefined;
  readonly abortIncomplete: number | undefined;
}

/** Templates may write numbers as text. */
function days(value: Json | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

/** Of properties that were checked before; a bucket without a lifecycle has no rules. */
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
