import type { HttpResponse } from '../../wire/http.ts';
import type { XmlChildren } from '../../wire/xml.ts';
import { ALGORITHMS, type Algorithm, type ChecksumType, isAlgorithm } from '../checksums/algorithms.ts';
import { busy, invalidRequest, noSuchUpload, notImplemented } from '../errors.ts';
import { readDescription } from '../headers.ts';
import { checkKey } from '../names.ts';
import { type BucketRequest, shownTime, xmlResponse } from '../operation.ts';
import type { Upload, UploadRecord } from '../store/uploads.ts';
import { compareKeys } from '../store/version.ts';
import { OWNER } from '../xml.ts';
import { keyEncoding, pageSize } from './list-objects.ts';
import { DEFAULT_ALGORITHM, ENCRYPTED } from './put-object.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html */
export function createMultipartUpload(call: BucketRequest): HttpResponse {
  const { request, bucket, bucketName, key, now } = call;
  checkKey(key);
  const checksum = readChecksum(request.headers);
  const { uploadId, algorithm, checksumType, declared } = bucket.uploads.create({
    key,
    initiated: now().toISOString(),
    ...readDescription(request.headers),
    ...checksum,
  });
  return xmlResponse(
    'InitiateMultipartUploadResult',
    { Bucket: bucketName, Key: key, UploadId: uploadId },
    {
      ...ENCRYPTED,
      ...(declared ? { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': checksumType } : {}),
    },
  );
}

/** By default, S3 computes a CRC64NVME of the whole object, even if the parts have other checksums. */
function readChecksum(
  headers: Readonly<Record<string, string>>,
): Pick<UploadRecord, 'algorithm' | 'checksumType' | 'declared'> {
  const named = headers['x-amz-checksum-algorithm']?.toUpperCase();
  const type = headers['x-amz-checksum-type']?.toUpperCase();
  if (named === undefined) {
    if (type === undefined)
      return { algorithm: DEFAULT_ALGORITHM, checksumType: 'FULL_OBJECT', declared: false };
    throw invalidRequest(
      'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.',
    );
  }
  if (!isAlgorithm(named)) throw notImplemented(`The checksum algorithm ${named}`);
  return { algorithm: named, checksumType: checksumType(named, type), declared: true };
}

function checksumType(algorithm: Algorithm, type: string | undefined): ChecksumType {
  const { types } = ALGORITHMS[algorithm];
  const found = types.find((possible) => possible === (type ?? types[0]));
  if (found !== undefined) return found;
  throw invalidRequest(
    `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
  );
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html */
export async function abortMultipartUpload(call: BucketRequest): Promise<HttpResponse> {
  const upload = findUpload(call);
  if (upload.completing) throw busy();
  const { uploadId } = upload.record;
  call.bucket.uploads.end(uploadId);
  await call.bucket.uploads.clear(uploadId);
  return { status: 204 };
}

/** @throws AwsError `NoSuchUpload` */
export function findUpload({ bucket, key, query }: BucketRequest): Upload {
  checkKey(key);
  const uploadId = query.get('uploadId') ?? '';
  const upload = bucket.uploads.find(key, uploadId);
  if (upload === undefined) throw noSuchUpload(uploadId);
  return upload;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html */
export function listMultipartUploads({ bucket, bucketName, query }: BucketRequest): HttpResponse {
  const encode = keyEncoding(query);
  const limit = pageSize(query, 'max-uploads');
  const prefix = query.get('prefix') ?? '';
  const keyMarker = query.get('key-marker') ?? '';
  const idMarker = query.get('upload-id-marker') ?? '';
  const uploads = bucket.uploads.all().filter(({ key }) => key.startsWith(prefix));
  const rest = uploads.slice(firstAfter(uploads, keyMarker, idMarker));
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return xmlResponse('ListMultipartUploadsResult', {
    Bucket: bucketName,
    KeyMarker: encode(keyMarker),
    UploadIdMarker: idMarker,
    NextKeyMarker: last === undefined ? undefined : encode(last.key),
    NextUploadIdMarker: last?.uploadId,
    Prefix: encode(prefix),
    EncodingType: query.get('encoding-type'),
    MaxUploads: limit,
    IsTruncated: limit > 0 && rest.length > page.length,
    Upload: page.map((upload) => describeUpload(upload, encode)),
  });
}

/** If the marked upload has ended, which is so for clients that abort each page, all that are left of its key follow. */
function firstAfter(uploads: readonly UploadRecord[], keyMarker: string, idMarker: string): number {
  const marked = uploads.findIndex(({ key, uploadId }) => key === keyMarker && uploadId === idMarker);
  if (marked >= 0) return marked + 1;
  const least = idMarker === '' ? 1 : 0;
  const next = uploads.findIndex(({ key }) => compareKeys(key, keyMarker) >= least);
  return next < 0 ? uploads.length : next;
}

function describeUpload(upload: UploadRecord, encode: (text: string) => string): XmlChildren {
  return {
    Key: encode(upload.key),
    UploadId: upload.uploadId,
    Initiator: OWNER,
    Owner: OWNER,
    StorageClass: 'STANDARD',
    Initiated: shownTime(upload.initiated),
    ChecksumAlgorithm: upload.declared ? upload.algorithm : undefined,
    ChecksumType: upload.declared ? upload.checksumType : undefined,
  };
}
