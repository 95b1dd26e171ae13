import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { checkOwnFile } from '../../own-file.ts';
import { AwsError } from '../../wire/errors.ts';
import type { HttpResponse } from '../../wire/http.ts';
import { readText } from '../body/text.ts';
import { ALGORITHM_NAMES, ALGORITHMS, type Checksum, checksumHeader } from '../checksums/algorithms.ts';
import { combineCrcs } from '../checksums/combine.ts';
import { badDigest, busy, conditionalConflict, invalidRequest } from '../errors.ts';
import { tellCreated } from '../events.ts';
import { readWriteCondition } from '../headers.ts';
import { type BucketRequest, xmlResponse } from '../operation.ts';
import type { Part, Upload } from '../store/uploads.ts';
import { conditionText, type Version, type WriteCondition } from '../store/version.ts';
import { checkConsecutive, choosePart, type ListedPart, readPartList } from './part-list.ts';
import { checksumMembers, versionHeaders } from './put-object.ts';
import { checksumMismatch } from './upload-part.ts';
import { findUpload } from './uploads.ts';

const BLOCK_BYTES = 4 * 1024 * 1024;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html */
export async function completeMultipartUpload(call: BucketRequest): Promise<HttpResponse> {
  const { request, bucket, key } = call;
  const condition = readWriteCondition(request.headers);
  const listed = readPartList(await readText(call, { checksumsOfObject: true }));
  const before = completedBefore(call, listed);
  if (before !== undefined) return completed(call, before);
  const upload = findUpload(call);
  if (upload.completing) throw busy();
  checkConflict(call, upload, condition);
  const parts = chooseParts(upload, listed);
  checkSize(request.headers['x-amz-mp-object-size'], parts);
  const checksum = objectChecksum(upload, parts);
  checkChecksum(request.headers, checksum);

  const write = bucket.begin(key, condition);
  const { id, path } = bucket.incoming();
  upload.completing = true;
  try {
    if (!upload.becomes(path, parts)) await joinParts(upload, parts, path);
    const { uploadId, headers, metadata } = upload.record;
    const version = bucket.commit(write, {
      key,
      id,
      headers,
      metadata,
      size: parts.reduce((sum, { size }) => sum + size, 0),
      etag: etagOfParts(parts),
      checksum,
      uploadId,
    });
    tellCreated(call, version, 'CompleteMultipartUpload');
    await bucket.uploads.clear(uploadId);
    return completed(call, version);
  } catch (error) {
    upload.completing = false;
    upload.conflicted = error instanceof AwsError && error.code === 'ConditionalRequestConflict';
    bucket.giveUp(write);
    bucket.discard(id);
    throw error;
  }
}

/**
 * Refuses to complete an upload that conflicted with another write of its key. The API's page says: "you should
 * re-initiate the multipart upload with CreateMultipartUpload and re-upload each part".
 */
function checkConflict({ key, conflicts }: BucketRequest, upload: Upload, condition: WriteCondition): void {
  const header = conditionText(condition);
  if (header === '' || !(upload.conflicted || conflicts())) return;
  upload.conflicted = true;
  throw conditionalConflict(header, key);
}

/**
 * Returns the object that an earlier identical request created. S3 answers a repeated Complete like the first one. This
 * works while the object is the key's newest version.
 */
function completedBefore(
  { bucket, key, query }: BucketRequest,
  listed: readonly ListedPart[],
): Version | undefined {
  const current = bucket.current(key);
  const same =
    current?.uploadId !== undefined &&
    current.uploadId === query.get('uploadId') &&
    current.etag === etagOfParts(listed);
  return same ? current : undefined;
}

function completed({ request, bucketName, key }: BucketRequest, version: Version): HttpResponse {
  return xmlResponse(
    'CompleteMultipartUploadResult',
    {
      Location: `http://${request.headers.host ?? 'localhost'}${request.path}`,
      Bucket: bucketName,
      Key: key,
      ETag: `"${version.etag}"`,
      ...checksumMembers(version),
    },
    versionHeaders(version),
  );
}

/** Minimum size of parts except the last: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MIN_PART_BYTES = 5 * 1024 * 1024;

function chooseParts(upload: Upload, listed: readonly ListedPart[]): Part[] {
  const parts = listed.map((part) => choosePart(upload, part));
  checkConsecutive(upload, parts);
  const small = parts.slice(0, -1).find(({ size }) => size < MIN_PART_BYTES);
  if (small === undefined) return parts;
  throw new AwsError('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', 400, {
    ProposedSize: String(small.size),
    MinSizeAllowed: String(MIN_PART_BYTES),
    PartNumber: String(small.number),
    ETag: small.etag,
  });
}

function checkSize(declared: string | undefined, parts: readonly Part[]): void {
  if (declared === undefined) return;
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  if (declared === String(size)) return;
  throw invalidRequest(
    `The provided 'x-amz-mp-object-size' header value ${declared} does not match what was computed: ${size}`,
  );
}

function etagOfParts(parts: readonly Pick<Part, 'etag'>[]): string {
  const md5 = createHash('md5');
  for (const { etag } of parts) md5.update(etag, 'hex');
  return `${md5.digest('hex')}-${parts.length}`;
}

function objectChecksum({ record }: Upload, parts: readonly Part[]): Checksum {
  const { algorithm, checksumType: type } = record;
  const digests = parts.map(({ size, checksums }) => ({
    size,
    digest: Buffer.from(checksums[algorithm] ?? '', 'base64'),
  }));
  if (type === 'FULL_OBJECT') {
    return { algorithm, type, value: combineCrcs(algorithm, digests).toString('base64') };
  }
  const hasher = ALGORITHMS[algorithm].hasher();
  for (const { digest } of digests) hasher.update(digest);
  return { algorithm, type, value: `${hasher.digest().toString('base64')}-${parts.length}` };
}

/** Checks the checksum of the whole object, if the client sends one. */
function checkChecksum(
  headers: Readonly<Record<string, string>>,
  { algorithm, type, value }: Checksum,
): void {
  const claimedType = headers['x-amz-checksum-type'];
  if (claimedType !== undefined && claimedType.toUpperCase() !== type) {
    throw invalidRequest(
      `The upload was created using the ${type} checksum mode. The complete request must use the same checksum mode.`,
    );
  }
  const other = ALGORITHM_NAMES.find(
    (name) => name !== algorithm && headers[checksumHeader(name)] !== undefined,
  );
  if (other !== undefined) throw checksumMismatch(algorithm, other);
  const given = headers[checksumHeader(algorithm)];
  const count = type === 'COMPOSITE' ? value.slice(value.indexOf('-')) : '';
  if (given !== undefined && given !== value && given + count !== value) throw badDigest(algorithm);
}

/** Copies the parts into a new file, one after another. The disk is the limit. */
async function joinParts(upload: Upload, parts: readonly Part[], target: string): Promise<void> {
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  const output = await open(target, 'wx', 0o600);
  try {
    for (const part of parts) {
      checkOwnFile(upload.path(part));
      const input = await open(upload.path(part), 'r');
      try {
        await append(input, part, output, block);
      } finally {
        await input.close();
      }
    }
  } finally {
    await output.close();
  }
}

async function append(
  input: FileHandle,
  { at: from, size }: Part,
  output: FileHandle,
  block: Buffer,
): Promise<void> {
  for (let done = 0; done < size; ) {
    const { bytesRead } = await input.read(block, 0, Math.min(block.length, size - done), from + done);
    if (bytesRead === 0) throw new Error('a part is shorter than it was written');
    for (let at = 0; at < bytesRead; ) at += (await output.write(block, at, bytesRead - at)).bytesWritten;
    done += bytesRead;
  }
}
