import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Crc64Nvme, crc32c } from './crc.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html */
export type Algorithm = 'CRC32' | 'CRC32C' | 'CRC64NVME' | 'SHA1' | 'SHA256';

/** Whether the checksum of a multipart object covers its bytes or, like its ETag, the checksums of its parts. */
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';

export interface Checksum {
  readonly algorithm: Algorithm;
  readonly type: ChecksumType;
  /** Base64. A composite checksum ends with `-` and the number of parts. */
  readonly value: string;
}

export interface Hasher {
  update(data: Uint8Array): void;
  digest(): Buffer;
}

interface AlgorithmFacts {
  readonly bytes: number;
  /** The first is the default. */
  readonly types: readonly ChecksumType[];
  readonly hasher: () => Hasher;
}

export const ALGORITHMS: Readonly<Record<Algorithm, AlgorithmFacts>> = {
  CRC32: {
    bytes: 4,
    types: ['COMPOSITE', 'FULL_OBJECT'],
    hasher: () => word((data, crc) => crc32(data, crc)),
  },
  CRC32C: { bytes: 4, types: ['COMPOSITE', 'FULL_OBJECT'], hasher: () => word(crc32c) },
  CRC64NVME: { bytes: 8, types: ['FULL_OBJECT'], hasher: () => new Crc64Nvme() },
  SHA1: { bytes: 20, types: ['COMPOSITE'], hasher: () => createHash('sha1') },
  SHA256: { bytes: 32, types: ['COMPOSITE'], hasher: () => createHash('sha256') },
};

export const ALGORITHM_NAMES = Object.keys(ALGORITHMS) as readonly Algorithm[];

export function isAlgorithm(name: string): name is Algorithm {
  return Object.hasOwn(ALGORITHMS, name);
}

/** Returns the name of the header, such as `x-amz-checksum-crc32`. */
export function checksumHeader(algorithm: Algorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** Whether a text is base64 of the algorithm's length. */
export function isChecksumValue(algorithm: Algorithm, text: string): boolean {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === ALGORITHMS[algorithm].bytes && bytes.toString('base64') === text;
}

function word(continued: (data: Uint8Array, crc: number) => number): Hasher {
  let crc = 0;
  return {
    update(data) {
      crc = continued(data, crc);
    },
    digest() {
      const digest = Buffer.allocUnsafe(4);
      digest.writeUInt32BE(crc);
      return digest;
    },
  };
}
