import { createHash } from 'node:crypto';
import { UserError } from '../../errors.ts';
import type { Segment } from '../sources/segment.ts';
import { PassingFailure } from '../wire/retry.ts';
import { type Algorithm, checksumHeader } from './digests.ts';

/** The digest by which stored bytes were proved to be those of the file. */
export interface Proof {
  readonly algorithm: Algorithm | 'md5';
  /** As S3 writes it: base64, followed by `-` and the number of parts where it is of their digests. For `md5`: the ETag. */
  readonly value: string;
}

type Headers = Readonly<Record<string, string>>;

/** Returns an ETag without its quotes; `undefined` where it has characters that S3 does not use. */
export function readEtag(etag: string | undefined): string | undefined {
  return /^\s*(?:"([\w.+/=:-]{1,256})"|([\w.+/=:-]{1,256}))\s*$/
    .exec(etag ?? '')
    ?.slice(1)
    .find(Boolean);
}

/** The error for stored bytes that are not proved to be those of the file. */
export function bytesDiffer(message: string): UserError {
  return new UserError('bytes_differ', message, {
    hint: 'The stored object may be damaged. Run the same command again. If it fails again, something on the way changes bytes or headers.',
    library: {
      hint: 'The stored object may be damaged. Upload it again. If it fails again, something on the way changes bytes or headers.',
    },
  });
}

/** One retry: the damage may not happen again. */
function unproved(message: string): PassingFailure {
  return new PassingFailure(bytesDiffer(message), { limit: { kind: 'damaged', tries: 2 } });
}

async function md5Of({ open }: Segment): Promise<string> {
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
 * Proves from the store's answer that it stored the bytes of the file: by the checksum, which S3 returns only after it has
 * checked it; without one, by an ETag that is the MD5 of the bytes, which are read again for it.
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

/** Whether a listed part has these bytes, by its checksum or by an ETag that is their MD5. */
export async function sameBytes(
  segment: Segment,
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
