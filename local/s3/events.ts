import { omitUndefined } from '../../protocol/fields.ts';
import { ACCOUNT_ID } from '../account.ts';
import { arnOf } from './access.ts';
import type { BucketRequest } from './operation.ts';
import type { Version } from './store/version.ts';

/**
 * Sends an event for a new object or version to EventBridge, if the bucket has events enabled.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
 */
export function tellCreated(
  { bucket, events, requestId, authentication: { principal } }: BucketRequest,
  { key, size, etag, versionId, modified }: Version,
  reason: 'PutObject' | 'CopyObject' | 'CompleteMultipartUpload',
): void {
  const { NotificationConfiguration } = bucket.properties;
  if (NotificationConfiguration?.EventBridgeConfiguration?.EventBridgeEnabled !== true) return;
  events({
    source: 'aws.s3',
    detailType: 'Object Created',
    time: modified,
    resources: [arnOf(bucket.name)],
    detail: {
      version: '0',
      bucket: { name: bucket.name },
      object: {
        key,
        size,
        etag,
        ...omitUndefined({ 'version-id': versionId === 'null' ? undefined : versionId }),
        sequencer: Date.parse(modified).toString(16).toUpperCase().padStart(16, '0'),
      },
      'request-id': requestId,
      requester: principal.kind === 'service' ? principal.service : ACCOUNT_ID,
      'source-ip-address': '127.0.0.1',
      reason,
    },
  });
}
