import type { HttpResponse } from '../../wire/http.ts';
import { invalidArgument, invalidRequest } from '../errors.ts';
import { type BucketCall, xmlAnswer } from '../operation.ts';
import { BlockFile } from '../store/block-file.ts';
import { sourceVersionHeader } from './copy-object.ts';
import { checkCopySize, findCopySource, receiveCopy } from './copy-source.ts';
import type { ByteRange } from './range.ts';
import { receivePart } from './upload-part.ts';

const RANGE = 'x-amz-copy-source-range';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html */
export async function uploadPartCopy(call: BucketCall): Promise<HttpResponse> {
  const source = findCopySource(call);
  const range = readRange(call.request.headers[RANGE], source.version.size);
  const size = range === undefined ? source.version.size : range.end - range.start + 1;
  checkCopySize(size);
  const { part, record } = await receivePart(call, size, ({ path, at }, algorithm) =>
    receiveCopy(call, source, range, (hash) => new BlockFile(path, size, hash, at), [algorithm]),
  );
  const { algorithm, declared } = record;
  return xmlAnswer(
    'CopyPartResult',
    {
      LastModified: part.modified,
      ETag: `"${part.etag}"`,
      ...(declared ? { [`Checksum${algorithm}`]: part.checksums[algorithm] } : {}),
    },
    { 'x-amz-server-side-encryption': 'AES256', ...sourceVersionHeader(source) },
  );
}

/** Both ends are stated, and within the source. */
function readRange(header: string | undefined, size: number): ByteRange | undefined {
  if (header === undefined) return undefined;
  const [, first, last] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(header.trim()) ?? [];
  const range = { start: Number(first), end: Number(last) };
  if (first === undefined || range.start > range.end) {
    throw invalidArgument(
      RANGE,
      header,
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy',
    );
  }
  if (range.end < size) return range;
  throw invalidRequest(`Range specified is not valid for source object of size: ${size}`);
}
