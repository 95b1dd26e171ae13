import type { Received, Sink } from '../body/receive.ts';
import type { Algorithm } from '../checksums/algorithms.ts';
import { readWriteCondition } from '../headers.ts';
import type { BucketCall } from '../operation.ts';
import { BlockFile } from '../store/block-file.ts';
import type { Description, Version } from '../store/version.ts';

/** What S3 computes of its own where a client sends no checksum. */
export const DEFAULT_ALGORITHM: Algorithm = 'CRC64NVME';

interface NewObject {
  readonly description: Description;
  /** Bytes; a hint. */
  readonly size: number;
  readonly algorithm: Algorithm;
  /** Writes the object's bytes into a sink, and makes the checksum on the way. */
  readonly receive: (makeSink: (hash: (block: Buffer) => void) => Sink) => Promise<Received>;
}

/** Writes an object whole, or leaves nothing of it behind. */
export async function writeObject(
  { request, bucket, key }: BucketCall,
  { description, size, algorithm, receive }: NewObject,
): Promise<Version> {
  const write = bucket.begin(key, readWriteCondition(request.headers));
  const { id, path } = bucket.incoming();
  try {
    const received = await receive((hash) => new BlockFile(path, size, hash));
    const value = received.checksums[algorithm] ?? '';
    return bucket.commit(write, {
      key,
      id,
      ...description,
      size: received.size,
      etag: received.md5,
      checksum: { algorithm, value, type: 'FULL_OBJECT' },
    });
  } catch (error) {
    bucket.giveUp(write);
    bucket.discard(id);
    throw error;
  }
}
