import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { combineCrcs, type PartCrc } from '../../../protocol/combine-crcs.ts';

/**
 * The checksums that can be sent for S3 to check and keep:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 */
export const ALGORITHMS = ['crc32', 'crc32c', 'crc64nvme', 'sha256'] as const;

export type Algorithm = (typeof ALGORITHMS)[number];

export interface Hasher {
  update(bytes: Uint8Array): void;
  digest(): Promise<Buffer>;
}

/** Makes hashers of one algorithm. */
export interface Digester {
  readonly algorithm: Algorithm;
  create(): Hasher;
}

/** Returns a CRC-32 as S3 writes it: four bytes, big-endian. */
export function crc32Bytes(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function crc32Hasher(): Hasher {
  let value = 0;
  return {
    update(bytes) {
      // For an empty chunk, zlib returns 0 and not the value so far.
      if (bytes.length > 0) value = crc32(bytes, value);
    },
    digest: async () => crc32Bytes(value),
  };
}

function sha256Hasher(): Hasher {
  const hash = createHash('sha256');
  return { update: (bytes) => void hash.update(bytes), digest: async () => hash.digest() };
}

/** Loads what an algorithm needs. */
export async function openDigester(algorithm: Algorithm): Promise<Digester> {
  if (algorithm === 'crc32') return { algorithm, create: crc32Hasher };
  if (algorithm === 'sha256') return { algorithm, create: sha256Hasher };
  const { Crc32c, Crc64Nvme } = await import('@aws-sdk/checksums/crc');
  const Checksum = algorithm === 'crc32c' ? Crc32c : Crc64Nvme;
  return {
    algorithm,
    create() {
      const checksum = new Checksum();
      return {
        update: (bytes) => checksum.update(bytes),
        digest: async () => Buffer.from(await checksum.digest()),
      };
    },
  };
}

/** `x-amz-checksum-crc32` and the like. */
export function checksumHeader(algorithm: Algorithm): string {
  return `x-amz-checksum-${algorithm}`;
}

/** `ChecksumCRC32` and the like, in S3's XML. */
export function checksumElement(algorithm: Algorithm): string {
  return `Checksum${algorithm.toUpperCase()}`;
}

/** The checksum of an object that S3 assembles from parts. */
export interface ObjectChecksum {
  /** `FULL_OBJECT`: of all bytes. `COMPOSITE`: of the parts' checksums, followed by `-` and their number. */
  readonly type: 'FULL_OBJECT' | 'COMPOSITE';
  readonly value: string;
}

/** CRCs are of the whole object; SHA-256 is of the parts' digests. */
export function checksumType(algorithm: Algorithm): ObjectChecksum['type'] {
  return algorithm === 'sha256' ? 'COMPOSITE' : 'FULL_OBJECT';
}

/** Returns the checksum that S3 computes for an object of these parts in this order. */
export function objectChecksum(algorithm: Algorithm, parts: readonly PartCrc[]): ObjectChecksum {
  if (algorithm !== 'sha256') {
    return { type: 'FULL_OBJECT', value: Buffer.from(combineCrcs(algorithm, parts)).toString('base64') };
  }
  const digest = createHash('sha256').update(Buffer.concat(parts.map((part) => part.digest)));
  return { type: 'COMPOSITE', value: `${digest.digest('base64')}-${parts.length}` };
}
