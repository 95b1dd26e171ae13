import { isUtf8 } from 'node:buffer';
import { AwsError } from '../../wire/errors.ts';
import { invalidRequest, malformedXml } from '../errors.ts';
import type { Call } from '../operation.ts';
import { readExpectations } from './expectations.ts';
import { receiveBody, type Sink } from './receive.ts';

/** A list of 10,000 parts with their checksums has under 2 MB. */
const MAX_BYTES = 8 * 1024 * 1024;

export interface TextOptions {
  /** The operation wants a digest of the body beside it. */
  readonly proof?: boolean;
  /** `x-amz-checksum-*` speak of the object that the operation makes, not of this text. */
  readonly checksumsOfObject?: boolean;
  /** Makes the refusal of text that is not UTF-8; `MalformedXML` by default. */
  readonly malformed?: () => AwsError;
}

/**
 * The text a request carries, verified as every body is; empty where there is none.
 *
 * @throws AwsError `MaxMessageLengthExceeded`, and those of {@link receiveBody}
 */
export async function readText(call: Call, options: TextOptions = {}): Promise<string> {
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
