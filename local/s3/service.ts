import type { EventSink } from '../events/service.ts';
import { type Conflicts, neverThrottled, noConflicts } from '../faults/throttling.ts';
import { unrestricted } from '../iam/permissions.ts';
import type { Service, ServiceOptions } from '../service.ts';
import { s3Handler } from './handler.ts';
import { applyLifecycle } from './lifecycle.ts';
import { type LogDelivery, logDelivery } from './log-delivery.ts';
import { bucketResource } from './resources/bucket.ts';
import { bucketPolicyResource } from './resources/bucket-policy.ts';
import { BucketStore } from './store/store.ts';

export interface S3Options extends ServiceOptions {
  readonly conflicts?: Conflicts;
  readonly events?: EventSink;
}

export interface S3 extends Service {
  /** For services that write logs. */
  readonly logs: LogDelivery;
  /** Applies the lifecycle rules of all buckets. Call it periodically. */
  applyLifecycles(): Promise<void>;
}

/**
 * Creates the embedded S3: its REST API with path-style addresses, buckets and their policies. A confirmed write is on disk,
 * and survives even if the process is killed.
 */
export function createS3({
  dataDir,
  now,
  identities,
  throttle = neverThrottled,
  conflicts = noConflicts,
  permissions = unrestricted,
  events = () => {},
}: S3Options): S3 {
  const store = new BucketStore(dataDir, now);
  return {
    handle: s3Handler({ store, identities, now, throttle, conflicts, permissions, events }),
    resources: [bucketResource(store), bucketPolicyResource(store)],
    logs: logDelivery(store),
    async applyLifecycles() {
      for (const name of store.names()) {
        const bucket = store.bucket(name);
        if (bucket !== undefined) await applyLifecycle(bucket, now());
      }
    },
  };
}
