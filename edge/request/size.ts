import type { EdgePolicy } from '../config.ts';
import { Refusal, type RefusalCode } from '../refusal.ts';
import type { Operation } from './operation.ts';
import { type EdgeHeaders, headerValues } from './viewer-request.ts';

/** 5 GiB, S3's limit for one request: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MAX_REQUEST_BYTES = 5 * 1024 ** 3;

/**
 * Returns the number of bytes in a header.
 * @throws {Refusal} `otherwise`, unless the header has exactly one decimal value
 */
function readBytes(headers: EdgeHeaders, name: string, otherwise: RefusalCode): number {
  const [value = '', ...more] = headerValues(headers, name);
  if (more.length === 0 && /^\d{1,15}$/.test(value)) return Number(value);
  throw new Refusal(otherwise, `The header ${name} with the number of bytes is required.`);
}

function checkLimit(bytes: number, limit: number): void {
  if (bytes <= limit) return;
  throw new Refusal('too_large', `${bytes} bytes exceed the maximum of ${limit}.`);
}

/**
 * Checks the announced length of a body; CloudFront and S3 enforce it. The policy limits whole objects. For a multipart
 * upload, S3 checks that the parts add up to the `x-amz-mp-object-size` that is checked here.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
 * @throws {Refusal} `length_required`, `size_required` or `too_large`
 */
export function checkSize(
  operation: Operation,
  headers: EdgeHeaders,
  { maxSize = Number.POSITIVE_INFINITY }: Pick<EdgePolicy, 'maxSize'>,
): void {
  if (operation === 'PutObject' || operation === 'UploadPart') {
    if (headerValues(headers, 'transfer-encoding').length > 0) {
      throw new Refusal('length_required', 'A body of unknown length is not accepted.');
    }
    const bytes = readBytes(headers, 'content-length', 'length_required');
    checkLimit(bytes, Math.min(maxSize, MAX_REQUEST_BYTES));
  }
  if (operation === 'CompleteMultipartUpload' && Number.isFinite(maxSize)) {
    checkLimit(readBytes(headers, 'x-amz-mp-object-size', 'size_required'), maxSize);
  }
}
