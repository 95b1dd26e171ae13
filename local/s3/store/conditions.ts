import { noSuchKey, preconditionFailed } from '../errors.ts';
import type { Version } from './version.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
export interface WriteCondition {
  /** Write only where there is no object. */
  readonly ifNoneMatch?: '*';
  /** Write only over the object with this ETag, without quotes. */
  readonly ifMatch?: string;
}

/** The header the condition came in; empty without a condition. */
export function conditionText({ ifNoneMatch, ifMatch }: WriteCondition): string {
  if (ifNoneMatch !== undefined) return 'If-None-Match';
  return ifMatch === undefined ? '' : 'If-Match';
}

/** @throws AwsError `PreconditionFailed`, or `NoSuchKey` where `If-Match` meets no object */
export function checkCondition(condition: WriteCondition, key: string, current: Version | undefined): void {
  if (condition.ifNoneMatch !== undefined && current !== undefined) throw preconditionFailed('If-None-Match');
  if (condition.ifMatch === undefined) return;
  if (current === undefined) throw noSuchKey(key);
  if (condition.ifMatch !== '*' && condition.ifMatch !== current.etag) throw preconditionFailed('If-Match');
}
