import { createHash } from 'node:crypto';
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { type Algorithm, type Hasher, openDigester } from '../../transfer/integrity.ts';

/** What the bytes of an object are compared with. */
export interface Expected {
  /** For people: `CRC-32`. */
  readonly name: string;
  readonly value: string;
  readonly hasher: Hasher;
  readonly encoding: 'base64' | 'hex';
}

const NAMES: readonly (readonly [keyof GetObjectCommandOutput & `Checksum${string}`, Algorithm, string])[] = [
  ['ChecksumCRC32', 'crc32', 'CRC-32'],
  ['ChecksumCRC64NVME', 'crc64nvme', 'CRC-64/NVME'],
  ['ChecksumCRC32C', 'crc32c', 'CRC-32C'],
  ['ChecksumSHA256', 'sha256', 'SHA-256'],
];

/**
 * The checksum of the whole object that S3 gave, else its ETag where that is an MD5; `undefined` where S3 has neither,
 * as for checksums of parts (`-<number of parts>`).
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
export async function expectedOf(answer: GetObjectCommandOutput): Promise<Expected | undefined> {
  for (const [field, algorithm, name] of NAMES) {
    const value = answer[field];
    if (typeof value !== 'string' || value === '' || value.includes('-')) continue;
    return { name, value, hasher: (await openDigester(algorithm)).create(), encoding: 'base64' };
  }
  const etag = (answer.ETag ?? '').replaceAll('"', '');
  const isMd5 = /^[0-9a-f]{32}$/.test(etag) && /^(AES256)?$/.test(answer.ServerSideEncryption ?? '');
  if (!isMd5 || answer.SSECustomerAlgorithm !== undefined) return undefined;
  const hash = createHash('md5');
  const hasher = {
    update: (bytes: Uint8Array) => void hash.update(bytes),
    digest: async () => hash.digest(),
  };
  return { name: 'MD5', value: etag, hasher, encoding: 'hex' };
}

/** Whether the bytes that were hashed are those that S3 stored. */
export async function isAsExpected({ hasher, value, encoding }: Expected): Promise<boolean> {
  return (await hasher.digest()).toString(encoding) === value;
}
