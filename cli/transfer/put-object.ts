import otherTypes from 'mime/types/other.js';
import standardTypes from 'mime/types/standard.js';
import { UserError } from '../errors.ts';
import { checksumHeader, type Digester, type Proof, prove, readEtag } from './integrity.ts';
import type { Segment } from './sources/segment.ts';
import type { EdgeClient } from './wire/edge-client.ts';

/** The object to store, and its options. */
export interface ObjectUpload {
  readonly key: string;
  /** Header fields of the object: content type, metadata and the like. */
  readonly headers: Readonly<Record<string, string>>;
  /** An existing object is not replaced. */
  readonly noClobber: boolean;
  /** Called with the bytes sent; negative for those of a failed attempt. */
  readonly onSent: (bytes: number) => void;
}

/** A stored and verified object. */
export interface Stored {
  readonly bytes: number;
  readonly etag: string;
  readonly proof: Proof;
  /** Number of requests with its bytes. */
  readonly parts: number;
  /** Attempts of the request that took the most. */
  readonly attempts: number;
  /** Bytes that an earlier run had stored. */
  readonly resumedBytes: number;
}

/** The header that makes S3 refuse to replace an object: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
export function writeCondition({ noClobber }: Pick<ObjectUpload, 'noClobber'>): Record<string, string> {
  return noClobber ? { 'if-none-match': '*' } : {};
}

/**
 * Stores a segment by one PUT, and verifies it.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
 * @throws {UserError} `file_changed`, `bytes_differ`, `exists`, and every refusal of the edge, the store or the
 * network.
 */
export async function putObject(
  segment: Segment,
  upload: ObjectUpload,
  { algorithm }: Digester,
  edge: EdgeClient,
): Promise<Stored> {
  const { key, headers, onSent } = upload;
  const checksum = { [checksumHeader(algorithm)]: segment.digest.toString('base64') };
  const { value, attempts } = await edge.request(
    {
      method: 'PUT',
      key,
      headers: Object.assign({}, headers, writeCondition(upload), checksum),
      body: segment,
      onSent,
    },
    async (response) => ({
      etag: readEtag(response.headers.etag) ?? '',
      proof: await prove(segment, algorithm, response.headers),
    }),
  );
  return { bytes: segment.length, parts: 1, attempts, resumedBytes: 0, ...value };
}

/** Headers that S3 stores with an object, as the user gave them. */
export interface HeaderOptions {
  /** Replaces the type that the file's extension gives. */
  readonly contentType?: string;
  readonly cacheControl?: string;
  readonly contentDisposition?: string;
  readonly contentEncoding?: string;
  readonly contentLanguage?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Header of each option. */
const FIELDS = [
  ['contentType', 'content-type'],
  ['cacheControl', 'cache-control'],
  ['contentDisposition', 'content-disposition'],
  ['contentEncoding', 'content-encoding'],
  ['contentLanguage', 'content-language'],
] as const;

const PRINTABLE = 'Header values are printable ASCII, without a space at either end.';

/** S3's limit for names and values together: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html */
const MAX_METADATA_BYTES = 2048;

/** Written by the edge; a client's value is discarded. */
const STAMPED = 'uploaded-by';

const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
const VISIBLE = /^[\x20-\x7e]*$/;

/**
 * CloudFront's signature for S3 counts consecutive spaces as one:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
const SPACES = / {2}/;

/** Space around a value is not part of it: RFC 9110, 5.5. */
const OUTER_SPACE = /^ | $/;

/** RFC 9110, 8.3.1: type, subtype and parameters. */
const MEDIA_TYPE =
  /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+(?:\s*;\s*[\w!#$%&'*+.^`|~-]+=(?:[\w!#$%&'*+.^`|~-]+|"[^"\\\r\n]*"))*$/;

/** Returns the media types by extension, as `mime` does; its own maps for other questions take 3 ms to build. */
function readTypes(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const table of [standardTypes, otherTypes]) {
    // A star marks an extension whose type is another one.
    for (const [type, extensions] of Object.entries(table)) {
      for (const extension of extensions) if (!extension.startsWith('*')) found.set(extension, type);
    }
  }
  return found;
}

let types: ReadonlyMap<string, string> | undefined;

/** Returns the media type of the first name whose extension has one, else `application/octet-stream`. */
export function contentType(...names: readonly string[]): string {
  types ??= readTypes();
  for (const name of names) {
    const extension = /[^/\\]\.([^/\\.]+)$/.exec(name)?.[1];
    const type = extension === undefined ? undefined : types.get(extension.toLowerCase());
    if (type !== undefined) return type;
  }
  return 'application/octet-stream';
}

/**
 * Returns the headers of all objects of a command; `content-type` only if the user gave it.
 * @throws {UserError} `usage` for an invalid header, or more metadata than S3 stores.
 */
export function objectHeaders(options: HeaderOptions): Readonly<Record<string, string>> {
  if (options.contentType !== undefined && !MEDIA_TYPE.test(options.contentType)) {
    throw new UserError('usage', `Invalid value for --content-type: “${options.contentType}”.`, {
      hint: 'Content types look like image/png or text/plain; charset=utf-8',
      library: { message: `Invalid value for contentType: “${options.contentType}”.` },
    });
  }
  const headers: Record<string, string> = {};
  for (const [option, name] of FIELDS) {
    const value = options[option];
    if (value === undefined) continue;
    if (value === '' || !VISIBLE.test(value) || OUTER_SPACE.test(value)) {
      throw new UserError('usage', `Invalid value for --${name}: “${value}”.`, {
        hint: `${PRINTABLE} In --content-disposition, write other letters as filename*=UTF-8''…`,
        library: {
          message: `Invalid value for ${option}: “${value}”.`,
          hint: `${PRINTABLE} In contentDisposition, write other letters as filename*=UTF-8''…`,
        },
      });
    }
    headers[name] = value;
  }
  return { ...headers, ...metadataHeaders(options.metadata ?? {}) };
}

function metadataHeaders(metadata: Readonly<Record<string, string>>): Record<string, string> {
  const headers: Record<string, string> = {};
  let bytes = 0;
  for (const [typed, value] of Object.entries(metadata)) {
    // S3 stores names in lower case.
    const name = typed.toLowerCase();
    if (!TOKEN.test(name)) throw badMetadata(`“${typed}” is not a valid metadata name`);
    if (name === STAMPED) throw badMetadata(`The metadata “${STAMPED}” is written by the edge`);
    if (`x-amz-meta-${name}` in headers) throw badMetadata(`The metadata “${name}” is given twice`);
    if (VISIBLE.test(value) && OUTER_SPACE.test(value)) {
      throw badMetadata(`The value of “${name}” begins or ends with a space, which HTTP does not transfer`);
    }
    const encoded = VISIBLE.test(value) && !SPACES.test(value) ? value : encodedWords(value);
    headers[`x-amz-meta-${name}`] = encoded;
    bytes += Buffer.byteLength(name) + Buffer.byteLength(encoded);
  }
  if (bytes > MAX_METADATA_BYTES) {
    throw badMetadata(`The metadata has ${bytes} bytes; S3 stores ${MAX_METADATA_BYTES}`);
  }
  return headers;
}

function badMetadata(why: string): UserError {
  return new UserError('usage', `${why}.`, {
    hint: 'Write metadata as --metadata name=value',
    library: { hint: 'Pass metadata as an object of names and values.' },
  });
}

/** Encodes text as RFC 2047 words of at most 75 characters, S3's format for text beyond ASCII. */
function encodedWords(text: string): string {
  const words: string[] = [];
  let word = '';
  for (const character of text) {
    if (Buffer.byteLength(word + character) > 45) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  words.push(word);
  return words.map((part) => `=?UTF-8?B?${Buffer.from(part).toString('base64')}?=`).join(' ');
}
