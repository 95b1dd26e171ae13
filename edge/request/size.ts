import type { EdgePolicy } from '../config.ts';
import { Refusal, type RefusalCode } from '../refusal.ts';
import type { Operation } from './operation.ts';
import { type EdgeHeaders, headerValues } from './viewer-request.ts';

/** 5 GiB, the most that S3 takes in one request: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MAX_REQUEST_BYTES = 5 * 1024 ** 3;

/** A header's one decimal number. */
function readBytes(headers: EdgeHeaders, name: string, otherwise: RefusalCode): number {
  const [value = '', ...more] = headerValues(headers, name);
  if (more.length === 0 && /^\d{1,15}$/.test(value)) return Number(value);
  throw new Refusal(otherwise, `A ${name} header with the number of bytes is required.`);
}

function checkLimit(bytes: number, limit: number): void {
  if (bytes <= limit) return;
  throw new Refusal('too_large', `${bytes} bytes are more than the maximum of ${limit}.`);
}

/**
 * Judges a body by its announced length, which CloudFront and S3 enforce. The policy limits whole objects: S3 checks that
 * the parts of a multipart upload sum up to the `x-amz-mp-object-size` that is judged here.
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
