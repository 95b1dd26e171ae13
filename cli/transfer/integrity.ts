import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { combineCrcs, type PartCrc } from '../../protocol/combine-crcs.ts';
import { UserError } from '../errors.ts';
import { TransientFailure } from './wire/retry.ts';

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

/** Creates hashers of one algorithm. */
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

/** Loads the modules of an algorithm. */
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

/** The digest by which the stored bytes were verified. */
export interface Proof {
  readonly algorithm: Algorithm | 'md5';
  /**
   * As S3 writes it: base64, followed by `-` and the number of parts if it is of their digests. For `md5`: the ETag.
   */
  readonly value: string;
}

/** Bytes with their digest, for comparison with the store's. */
interface Digested {
  /** The name of the source in messages. */
  readonly name: string;
  readonly digest: Buffer;
  readonly open: () => AsyncIterable<Buffer> | Iterable<Buffer>;
}

type Headers = Readonly<Record<string, string>>;

/** Returns an ETag without its quotes; `undefined` if it has characters that S3 does not use. */
export function readEtag(etag: string | undefined): string | undefined {
  return /^\s*(?:"([\w.+/=:-]{1,256})"|([\w.+/=:-]{1,256}))\s*$/
    .exec(etag ?? '')
    ?.slice(1)
    .find(Boolean);
}

/** Returns the error for stored bytes that could not be verified. */
export function bytesDiffer(message: string): UserError {
  return new UserError('bytes_differ', message, {
    hint: 'The stored object may be damaged. Run the same command again. If it fails again, something on the way changes bytes or headers.',
    library: {
      hint: 'The stored object may be damaged. Upload it again. If it fails again, something on the way changes bytes or headers.',
    },
  });
}

/** One retry, because the damage may not happen again. */
function unproved(message: string): TransientFailure {
  return new TransientFailure(bytesDiffer(message), { limit: { kind: 'damaged', tries: 2 } });
}

async function md5Of({ open }: Pick<Digested, 'open'>): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of open()) hash.update(chunk);
  return hash.digest('hex');
}

/** Returns an ETag that is an MD5, in hex; `undefined` for others, such as those of objects encrypted with a KMS key. */
function etagMd5(headers: Headers): string | undefined {
  if (headers['x-amz-server-side-encryption']?.startsWith('aws:kms')) return undefined;
  const etag = readEtag(headers.etag)?.toLowerCase() ?? '';
  return /^[0-9a-f]{32}$/.test(etag) ? etag : undefined;
}

/**
 * Verifies by the store's response that it stored the bytes of the file: by the checksum, which S3 returns only after
 * checking it; without one, by an ETag that is the MD5 of the bytes, which are read again.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 * @throws {TransientFailure} of `bytes_differ`
 */
export async function prove(segment: Digested, algorithm: Algorithm, headers: Headers): Promise<Proof> {
  const { name } = segment;
  const ours = segment.digest.toString('base64');
  const echo = headers[checksumHeader(algorithm)];
  if (echo !== undefined) {
    if (echo === ours) return { algorithm, value: ours };
    throw unproved(
      `S3 stored bytes that differ from ${name}: its ${algorithm.toUpperCase()} is ${echo}, not ${ours}.`,
    );
  }
  const etag = etagMd5(headers);
  const notProved = `The stored bytes of ${name} could not be verified`;
  if (etag === undefined)
    throw unproved(`${notProved}: the response contains neither a checksum nor an MD5.`);
  if ((await md5Of(segment)) !== etag) throw unproved(`${notProved}: its ETag is not their MD5.`);
  return { algorithm: 'md5', value: etag };
}

/** Whether a listed part has these bytes, by its checksum or by an ETag that is their MD5. */
export async function sameBytes(
  segment: Pick<Digested, 'digest' | 'open'>,
  listed: { readonly etag: string; readonly checksum?: string },
): Promise<boolean> {
  if (listed.checksum !== undefined) return listed.checksum === segment.digest.toString('base64');
  return /^[0-9a-f]{32}$/.test(listed.etag) && (await md5Of(segment)) === listed.etag;
}

/** Returns the ETag of an object of these parts: the MD5 of their MD5s, and their number. */
export function multipartEtag(etags: readonly string[]): string {
  const hash = createHash('md5');
  for (const etag of etags) hash.update(etag, 'hex');
  return `${hash.digest('hex')}-${etags.length}`;
}
