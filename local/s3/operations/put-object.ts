import type { HttpResponse } from '../../wire/http.ts';
import type { XmlChildren } from '../../wire/xml.ts';
import { readExpectations } from '../body/expectations.ts';
import { type Received, receiveBody, type Sink } from '../body/receive.ts';
import { type Algorithm, checksumHeader } from '../checksums/algorithms.ts';
import { tellCreated } from '../events.ts';
import { readDescription, readWriteCondition } from '../headers.ts';
import { checkKey } from '../names.ts';
import type { BucketRequest } from '../operation.ts';
import { BlockFile } from '../store/block-file.ts';
import type { Description, Version } from '../store/version.ts';

/** The checksum that S3 computes if the client sends none. */
export const DEFAULT_ALGORITHM: Algorithm = 'CRC64NVME';

interface NewObject {
  readonly reason: 'PutObject' | 'CopyObject';
  readonly description: Description;
  /** Expected bytes. */
  readonly size: number;
  readonly algorithm: Algorithm;
  /** Writes the object's bytes into a sink and computes their checksum. */
  readonly receive: (makeSink: (hash: (block: Buffer) => void) => Sink) => Promise<Received>;
}

/** Writes a complete object, or nothing. */
export async function writeObject(
  call: BucketRequest,
  { reason, description, size, algorithm, receive }: NewObject,
): Promise<Version> {
  const { request, bucket, key } = call;
  const write = bucket.begin(key, readWriteCondition(request.headers));
  const { id, path } = bucket.incoming();
  try {
    const received = await receive((hash) => new BlockFile(path, size, hash));
    const value = received.checksums[algorithm] ?? '';
    const version = bucket.commit(write, {
      key,
      id,
      ...description,
      size: received.size,
      etag: received.md5,
      checksum: { algorithm, value, type: 'FULL_OBJECT' },
    });
    tellCreated(call, version, reason);
    return version;
  } catch (error) {
    bucket.giveUp(write);
    bucket.discard(id);
    throw error;
  }
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html */
export async function putObject(call: BucketRequest): Promise<HttpResponse> {
  const { request, authentication, key } = call;
  checkKey(key);
  const description = readDescription(request.headers);
  const expected = readExpectations(request.headers, authentication.payload);
  const algorithm = expected.checksum?.algorithm ?? DEFAULT_ALGORITHM;
  const version = await writeObject(call, {
    reason: 'PutObject',
    description,
    size: expected.size,
    algorithm,
    receive: (makeSink) => receiveBody(request, authentication, expected, makeSink, [algorithm]),
  });
  return {
    status: 200,
    headers: { etag: `"${version.etag}"`, ...versionHeaders(version), ...checksumHeaders(version) },
  };
}

/** Returns the members of a response in XML about the checksum of a written object. */
export function checksumMembers({ checksum }: Version): XmlChildren {
  return checksum === undefined
    ? {}
    : { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type };
}

export function checksumHeaders({ checksum }: Version): Record<string, string> {
  if (checksum === undefined) return {};
  return { [checksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type };
}

/** Every object is encrypted by S3. */
export const ENCRYPTED = { 'x-amz-server-side-encryption': 'AES256' };

/** Returns the headers of responses about a written version. Only those created with versioning enabled report an id. */
export function versionHeaders({ versionId }: Version): Record<string, string> {
  return versionId === 'null' ? ENCRYPTED : { ...ENCRYPTED, 'x-amz-version-id': versionId };
}
