import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { BucketStore } from './store/store.ts';

/** Writes logs to buckets as AWS's log delivery does, which grants itself access by an ACL. */
export interface LogDelivery {
  /** Whether the bucket exists and accepts ACLs. */
  accepts(bucketName: string): boolean;
  /** Has no effect if the bucket no longer exists. */
  deliver(bucketName: string, key: string, body: Buffer): void;
}

export function logDelivery(store: BucketStore): LogDelivery {
  return {
    accepts(bucketName) {
      // By default, object ownership is BucketOwnerEnforced.
      const rules = store.bucket(bucketName)?.properties.OwnershipControls?.Rules ?? [];
      return rules.some((rule) => rule.ObjectOwnership === 'BucketOwnerPreferred');
    },
    deliver(bucketName, key, body) {
      const bucket = store.bucket(bucketName);
      if (bucket === undefined) return;
      const write = bucket.begin(key, {});
      const { id, path } = bucket.incoming();
      try {
        writeFileSync(path, body);
        const etag = createHash('md5').update(body).digest('hex');
        bucket.commit(write, {
          key,
          id,
          headers: { 'content-type': 'application/x-gzip' },
          metadata: {},
          size: body.length,
          etag,
        });
      } catch (error) {
        bucket.giveUp(write);
        bucket.discard(id);
        throw error;
      }
    },
  };
}
