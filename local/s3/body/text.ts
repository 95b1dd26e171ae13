import { isUtf8 } from 'node:buffer';
import { AwsError } from '../../wire/errors.ts';
import { invalidRequest, malformedXml } from '../errors.ts';
import type { OperationRequest } from '../operation.ts';
import { readExpectations } from './expectations.ts';
import { receiveBody, type Sink } from './receive.ts';

/** Maximum bytes. A list of 10,000 parts with checksums has less than 2 MB. */
const MAX_BYTES = 8 * 1024 * 1024;

export interface TextOptions {
  /** Whether the operation requires a digest of the body. */
  readonly proof?: boolean;
  /** Whether `x-amz-checksum-*` headers are about the resulting object instead of this text. */
  readonly checksumsOfObject?: boolean;
  /** Creates the error for text that is not UTF-8. Default: `MalformedXML`. */
  readonly malformed?: () => AwsError;
}

/**
 * Returns the text of a request body, verified like every body. Empty without a body.
 *
 * @throws AwsError `MaxMessageLengthExceeded`, and the errors of {@link receiveBody}
 */
export async function readText(call: OperationRequest, options: TextOptions = {}): Promise<string> {
  const { request, authentication } = call;
  const { malformed = malformedXml } = options;
  const headers = { 'content-length': '0', ...request.headers };
  const ofBody = options.checksumsOfObject ? withoutChecksums(headers) : headers;
  const expected = readExpectations(ofBody, authentication.payload);
  if (options.proof && expected.md5 === undefined && expected.checksum === undefined) {
    throw invalidRequest('Missing required header for this request: Content-MD5 OR x-amz-checksum-*');
  }
  if (expected.size > MAX_BYTES) throw new AwsError('MaxMessageLengthExceeded', 'Your request was too big.');
  const chunks: Buffer[] = [];
  await receiveBody(request, authentication, expected, (hash) => memorySink(chunks, hash), []);
  const body = Buffer.concat(chunks);
  if (!isUtf8(body)) throw malformed();
  return body.toString();
}

function withoutChecksums(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('x-amz-checksum-')));
}

function memorySink(chunks: Buffer[], hash: (block: Buffer) => void): Sink {
  let size = 0;
  return {
    get size() {
      return size;
    },
    async write(chunk) {
      size += chunk.length;
      hash(chunk);
      chunks.push(chunk);
    },
    async finish() {},
    async discard() {
      chunks.length = 0;
    },
  };
}
