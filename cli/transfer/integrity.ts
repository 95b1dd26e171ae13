import { createHash } from 'node:crypto';
import { UserError } from '../errors.ts';
import { PassingFailure } from './retry.ts';
import type { Stretch } from './stretch.ts';

/** How the stored bytes were proved the same: the digest that the store gave back, and its value. */
export interface Proof {
  readonly algorithm: 'crc32' | 'md5';
  /** base64 for `crc32`, as S3 writes it; hex for `md5`, as in an ETag. */
  readonly value: string;
}

/** A CRC-32 as S3 writes it: base64 of its four bytes, big-endian. */
export function crc32Text(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes.toString('base64');
}

/** An ETag without its quotes. */
export function bareEtag(etag: string | undefined): string {
  return (etag ?? '').replaceAll('"', '');
}

async function md5Of({ open }: Stretch): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of open()) hash.update(chunk);
  return hash.digest('hex');
}

/** Worth one more try: the next may not meet what changed the bytes. */
function unproved(message: string): PassingFailure {
  const error = new UserError('bytes_differ', message, {
    hint: 'What is stored may be damaged. Type the command again; if it goes on, something between here and the store changes bytes or headers.',
  });
  return new PassingFailure(error, { limit: { kind: 'damaged', tries: 2 } });
}

/**
 * Proves from the store's answer that it took in the bytes that were sent: by the CRC-32 it echoes, which S3 does only
 * after checking it, or else by an ETag that is the MD5 of the bytes (then computed by reading the file again).
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 * @throws {PassingFailure} of `bytes_differ`
 */
export async function prove(stretch: Stretch, headers: Readonly<Record<string, string>>): Promise<Proof> {
  const { name } = stretch.file;
  const ours = crc32Text(stretch.crc32);
  const echo = headers['x-amz-checksum-crc32'];
  if (echo !== undefined) {
    if (echo === ours) return { algorithm: 'crc32', value: ours };
    throw unproved(`The store holds other bytes than ${name}: its CRC-32 is ${echo}, not ${ours}.`);
  }
  const etag = bareEtag(headers.etag).toLowerCase();
  // An object encrypted with a KMS key has an ETag that is no MD5.
  const encrypted = headers['x-amz-server-side-encryption']?.startsWith('aws:kms') ?? false;
  if (encrypted || !/^[0-9a-f]{32}$/.test(etag)) {
    throw unproved(
      `That the store holds the bytes of ${name} could not be proved: it answered with neither a checksum nor an MD5.`,
    );
  }
  if ((await md5Of(stretch)) !== etag) {
    throw unproved(
      `That the store holds the bytes of ${name} could not be proved: its ETag is not their MD5.`,
    );
  }
  return { algorithm: 'md5', value: etag };
}
