import { AwsError } from '../wire/errors.ts';
import { headerNotImplemented } from './errors.ts';
import type { Description, WriteCondition } from './store/version.ts';

type Headers = Readonly<Record<string, string>>;

/** Prefix of the headers with an object's own metadata. */
export const META = 'x-amz-meta-';

const DESCRIBING = [
  'content-type',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
];
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html */
const MAX_METADATA_BYTES = 2_048;

/**
 * Reads the metadata of an object from a write's headers. The encoding `aws-chunked` belongs to the request, not to the
 * object.
 *
 * @throws AwsError `MetadataTooLarge`
 */
export function readDescription(headers: Headers): Description {
  const described: Record<string, string> = { 'content-type': 'binary/octet-stream' };
  for (const name of DESCRIBING) {
    const value = name === 'content-encoding' ? withoutChunked(headers[name]) : headers[name];
    if (value) described[name] = value;
  }
  const pairs: [string, string][] = [];
  let size = 0;
  for (const name in headers) {
    if (!name.startsWith(META)) continue;
    const pair: [string, string] = [name.slice(META.length), headers[name] ?? ''];
    pairs.push(pair);
    size += Buffer.byteLength(pair[0]) + Buffer.byteLength(pair[1]);
  }
  // Unlike assignment, fromEntries sets a name such as `__proto__` as a property.
  if (size <= MAX_METADATA_BYTES) return { headers: described, metadata: Object.fromEntries(pairs) };
  throw new AwsError(
    'MetadataTooLarge',
    'Your metadata headers exceed the maximum allowed metadata size',
    400,
    {
      Size: String(size),
      MaxSizeAllowed: String(MAX_METADATA_BYTES),
    },
  );
}

function withoutChunked(encoding: string | undefined): string | undefined {
  return encoding
    ?.split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== 'aws-chunked')
    .join(',');
}

/** Returns the headers with an object's metadata. */
export function descriptionHeaders({ headers, metadata }: Description): Record<string, string> {
  const meta = Object.entries(metadata).map(([name, value]) => [META + name, mailSafe(value)]);
  return { ...headers, ...Object.fromEntries(meta) };
}

/** Maximum length of the text in an encoded word, without its delimiters. */
const MAX_ENCODED = 63;

/**
 * Returns text beyond ASCII as words of RFC 2047, and other text unchanged. S3 takes the bytes of a header for
 * ISO-8859-1, and encodes what it read in UTF-8.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#UserMetadata
 */
function mailSafe(value: string): string {
  const beyond = value.match(/[^\t\x20-\x7e]/g)?.length ?? 0;
  if (beyond === 0) return value;
  const isMostlyAscii = value.length - beyond > beyond;
  const [letter, encode] = isMostlyAscii
    ? ['Q', quoted]
    : ['B', (text: string) => Buffer.from(text).toString('base64')];
  const words = (text: string): string[] => {
    const encoded = encode(text);
    if (encoded.length <= MAX_ENCODED) return [`=?UTF-8?${letter}?${encoded}?=`];
    const half = text.length >> 1;
    return [...words(text.slice(0, half)), ...words(text.slice(half))];
  };
  return words(value).join(' ');
}

function quoted(text: string): string {
  return Array.from(Buffer.from(text), (byte) => {
    if (byte === 0x20) return '_';
    const character = String.fromCharCode(byte);
    if (/[!-<>@-^`-~]/.test(character)) return character;
    return `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}

/** @throws AwsError `NotImplemented` for conditions that S3 does not support on writes */
export function readWriteCondition(headers: Headers): WriteCondition {
  const { 'if-none-match': ifNoneMatch, 'if-match': ifMatch } = headers;
  const both = ifNoneMatch !== undefined && ifMatch !== undefined;
  if (both || (ifNoneMatch !== undefined && ifNoneMatch !== '*')) {
    throw headerNotImplemented('If-None-Match');
  }
  if (ifNoneMatch !== undefined) return { ifNoneMatch: '*' };
  return ifMatch === undefined ? {} : { ifMatch: unquoted(ifMatch) };
}

/** Returns an ETag without quotes, if it has any. */
export function unquoted(etag: string): string {
  return etag.replace(/^"(.*)"$/, '$1');
}
