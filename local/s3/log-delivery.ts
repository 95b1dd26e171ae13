import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { JsonObject } from '../json.ts';
import type { Store } from './store/store.ts';

/** Where AWS's own log delivery may write, by the ACL that it gives itself. */
export interface LogDelivery {
  /** Whether there is such a bucket that takes ACLs. */
  accepts(bucketName: string): boolean;
  /** Does nothing where there is no such bucket any more. */
  deliver(bucketName: string, key: string, body: Buffer): void;
}

/** A bucket takes ACLs unless its owner enforces that it does not, which is what S3 does where nothing is said. */
function takesAcls(properties: JsonObject = {}): boolean {
  const { Rules = [] } = (properties.OwnershipControls ?? {}) as { Rules?: { ObjectOwnership?: string }[] };
  return Rules.some(({ ObjectOwnership }) => ObjectOwnership === 'BucketOwnerPreferred');
}

export function logDelivery(store: Store): LogDelivery {
  return {
    accepts(bucketName) {
      const bucket = store.bucket(bucketName);
      return bucket !== undefined && takesAcls(bucket.config.properties);
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
