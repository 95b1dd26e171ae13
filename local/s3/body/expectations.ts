import { omitUndefined } from '../../../protocol/fields.ts';
import type { PayloadMode } from '../../auth/sigv4.ts';
import { AwsError } from '../../wire/errors.ts';
import { type Algorithm, checksumHeader, isAlgorithm, isChecksumValue } from '../checksums/algorithms.ts';
import { headerNotImplemented, invalidArgument, invalidRequest, notImplemented } from '../errors.ts';

/** Maximum bytes of a request body, 5 GiB: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const MAX_PUT_BYTES = 5 * 1024 ** 3;

/** What a request's headers announce about its body. */
export interface Expectations {
  /** Bytes without the aws-chunked framing. */
  readonly size: number;
  /** Base64 of `Content-MD5`. */
  readonly md5?: string;
  /** Hex of a signed payload. */
  readonly sha256?: string;
  readonly checksum?: ExpectedChecksum;
}

interface ExpectedChecksum {
  readonly algorithm: Algorithm;
  /** Base64. Absent if the value comes in the trailer. */
  readonly value?: string;
}

type Headers = Readonly<Record<string, string>>;

/** @throws AwsError for headers that no body can satisfy, such as `MissingContentLength` or `EntityTooLarge` */
export function readExpectations(headers: Headers, payload: PayloadMode): Expectations {
  const chunked = payload.kind === 'signed-chunks' || payload.kind === 'unsigned-chunks';
  const size = bodySize(headers, chunked);
  const md5 = headers['content-md5'];
  if (md5 !== undefined && !isMd5(md5)) {
    throw new AwsError('InvalidDigest', 'The Content-MD5 you specified was invalid.', 400, {
      'Content-MD5': md5,
    });
  }
  const checksum = expectedChecksum(headers, chunked);
  return {
    size,
    ...omitUndefined({ md5 }),
    ...(payload.kind === 'signed' ? { sha256: payload.sha256 } : {}),
    ...omitUndefined({ checksum }),
  };
}

/** Whether the signature's mode or `x-amz-trailer` announces a trailer. */
export function hasTrailer(payload: PayloadMode): boolean {
  return payload.kind === 'unsigned-chunks' || (payload.kind === 'signed-chunks' && payload.trailer);
}

function bodySize(headers: Headers, chunked: boolean): number {
  const encoded = headers['content-length'];
  const decoded = headers['x-amz-decoded-content-length'];
  if (!chunked && headers['transfer-encoding'] !== undefined) {
    throw headerNotImplemented('Transfer-Encoding');
  }
  const text = chunked ? decoded : encoded;
  if (text === undefined) {
    throw new AwsError('MissingContentLength', 'You must provide the Content-Length HTTP header.', 411);
  }
  if (!/^\d{1,15}$/.test(text)) {
    throw invalidArgument('Content-Length', text, 'The length of the body must be a number of bytes.');
  }
  const size = Number(text);
  if (size > MAX_PUT_BYTES) {
    throw new AwsError('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', 400, {
      ProposedSize: String(size),
      MaxSizeAllowed: String(MAX_PUT_BYTES),
    });
  }
  return size;
}

function isMd5(text: string): boolean {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === 16 && bytes.toString('base64') === text;
}

const PREFIX = 'x-amz-checksum-';
/** Headers with the same prefix that contain no checksum. */
const NO_VALUES = ['algorithm', 'type', 'mode'].map((name) => PREFIX + name);

function expectedChecksum(headers: Headers, chunked: boolean): ExpectedChecksum | undefined {
  const given = Object.keys(headers).filter((name) => name.startsWith(PREFIX) && !NO_VALUES.includes(name));
  const trailing = chunked
    ? (headers['x-amz-trailer'] ?? '').split(',').map((name) => name.trim().toLowerCase())
    : [];
  if (trailing.some((name) => name !== '' && !name.startsWith(PREFIX))) {
    throw invalidRequest('The value specified in the x-amz-trailer header is not supported');
  }
  const announced = [...given, ...trailing.filter((name) => name.startsWith(PREFIX))];
  const [name] = announced;
  const said = headers['x-amz-sdk-checksum-algorithm'];
  if (name === undefined) {
    if (said === undefined) return undefined;
    throw invalidRequest(
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    );
  }
  if (announced.length > 1) {
    throw invalidRequest(
      given.length > 1
        ? 'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.'
        : 'Expecting a single x-amz-checksum- header',
    );
  }
  const algorithm = name.slice(PREFIX.length).toUpperCase();
  if (!isAlgorithm(algorithm)) throw notImplemented(`The checksum ${name}`, { Header: name });
  if (said !== undefined && said.toUpperCase() !== algorithm) {
    throw invalidRequest('Value for x-amz-sdk-checksum-algorithm header is invalid.');
  }
  const value = headers[checksumHeader(algorithm)];
  if (value === undefined) return { algorithm };
  if (!isChecksumValue(algorithm, value)) throw invalidRequest(`Value for ${name} header is invalid.`);
  return { algorithm, value };
}
