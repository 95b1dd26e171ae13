import { createHash } from 'node:crypto';
import { UserError } from '../../errors.ts';
import type { Segment } from '../sources/segment.ts';
import { PassingFailure } from '../wire/retry.ts';
import { type Algorithm, checksumHeader } from './digests.ts';

/** How the stored bytes were proved the same: the digest that the store gave back, and its value. */
export interface Proof {
  readonly algorithm: Algorithm | 'md5';
  /** As S3 writes it: base64, with `-` and a number of parts behind where it is of their digests. For `md5` the ETag. */
  readonly value: string;
}

type Headers = Readonly<Record<string, string>>;

/** An ETag without its quotes; `undefined` for what S3 does not give: its ETags are letters, digits and few signs. */
export function readEtag(etag: string | undefined): string | undefined {
  return /^\s*(?:"([\w.+/=:-]{1,256})"|([\w.+/=:-]{1,256}))\s*$/
    .exec(etag ?? '')
    ?.slice(1)
    .find(Boolean);
}

/** The bytes that a store holds are not proved to be those that were sent. */
export function bytesDiffer(message: string): UserError {
  return new UserError('bytes_differ', message, {
    hint: 'The stored object may be damaged. Run the same command again. If it fails again, something on the way changes bytes or headers.',
  });
}

/** Worth one more try: the next may not meet what changed the bytes. */
function unproved(message: string): PassingFailure {
  return new PassingFailure(bytesDiffer(message), { limit: { kind: 'damaged', tries: 2 } });
}

async function md5Of({ open }: Segment): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of open()) hash.update(chunk);
  return hash.digest('hex');
}

/** An ETag that is the MD5 of its bytes, in hex; `undefined` for any other, as objects encrypted with a KMS key have. */
function etagMd5(headers: Headers): string | undefined {
  if (headers['x-amz-server-side-encryption']?.startsWith('aws:kms')) return undefined;
  const etag = readEtag(headers.etag)?.toLowerCase() ?? '';
  return /^[0-9a-f]{32}$/.test(etag) ? etag : undefined;
}

/**
 * Proves from the store's answer that it took in the bytes that were sent: by the checksum it echoes, which S3 does only
 * after checking it, or else by an ETag that is the MD5 of the bytes (then computed by reading them again).
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 * @throws {PassingFailure} of `bytes_differ`
 */
export async function prove(segment: Segment, algorithm: Algorithm, headers: Headers): Promise<Proof> {
  const { name } = segment;
  const ours = segment.digest.toString('base64');
  const echo = headers[checksumHeader(algorithm)];
  if (echo !== undefined) {
    if (echo === ours) return { algorithm, value: ours };
    throw unproved(
      `The store has other bytes than ${name}: its ${algorithm.toUpperCase()} is ${echo}, not ${ours}.`,
    );
  }
  const etag = etagMd5(headers);
  const notProved = `The stored bytes of ${name} could not be verified`;
  if (etag === undefined) throw unproved(`${notProved}: it returned neither a checksum nor an MD5.`);
  if ((await md5Of(segment)) !== etag) throw unproved(`${notProved}: its ETag is not their MD5.`);
  return { algorithm: 'md5', value: etag };
}

/** Whether a part that the store lists is of these bytes: by its checksum, or by an ETag that is their MD5. */
export async function sameBytes(
  segment: Segment,
  listed: { readonly etag: string; readonly checksum?: string },
): Promise<boolean> {
  if (listed.checksum !== undefined) return listed.checksum === segment.digest.toString('base64');
  return /^[0-9a-f]{32}$/.test(listed.etag) && (await md5Of(segment)) === listed.etag;
}

/** The ETag that S3 gives an object of these parts: the MD5 of their MD5s, and their number. */
export function multipartEtag(etags: readonly string[]): string {
  const hash = createHash('md5');
  for (const etag of etags) hash.update(etag, 'hex');
  return `${hash.digest('hex')}-${etags.length}`;
}
