import mime from 'mime';
import { UserError } from '../errors.ts';

/** Header fields that S3 keeps with an object, as the user gave them. */
export interface ObjectOptions {
  /** Instead of the one that the extension tells. */
  readonly contentType?: string;
  readonly cacheControl?: string;
  readonly contentDisposition?: string;
  readonly contentEncoding?: string;
  readonly contentLanguage?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** S3's bound on names and values together: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html */
const MAX_METADATA_BYTES = 2048;

/** What the edge writes itself, whatever it is sent. */
const STAMPED = 'uploaded-by';

const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
const VISIBLE = /^[\x20-\x7e]*$/;

/** The signature that CloudFront makes for S3 knows single spaces only: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
const SPACES = / {2}/;

/** Is no part of a header field's value: RFC 9110, 5.5. */
const OUTER_SPACE = /^ | $/;

/** RFC 9110, 8.3.1: type, subtype and parameters. */
const MEDIA_TYPE =
  /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+(?:\s*;\s*[\w!#$%&'*+.^`|~-]+=(?:[\w!#$%&'*+.^`|~-]+|"[^"\\\r\n]*"))*$/;

/** The media type that the first of these names tells by its extension; `application/octet-stream` where none does. */
export function contentType(...names: readonly string[]): string {
  // Without a folder in front, mime would take a file called `css` for a style sheet.
  const types = names.map((name) => mime.getType(`./${name}`));
  return types.find((type) => type !== null) ?? 'application/octet-stream';
}

/**
 * The header fields that all objects of one command have; `content-type` is among them only where it was given.
 * @throws {UserError} `usage` for what cannot be a header field, or is more metadata than S3 keeps.
 */
export function objectHeaders(options: ObjectOptions): Readonly<Record<string, string>> {
  if (options.contentType !== undefined && !MEDIA_TYPE.test(options.contentType)) {
    throw new UserError('usage', `“${options.contentType}” is not a content type.`, {
      hint: 'It looks like image/png or text/plain; charset=utf-8',
    });
  }
  const fields = {
    'content-type': options.contentType,
    'cache-control': options.cacheControl,
    'content-disposition': options.contentDisposition,
    'content-encoding': options.contentEncoding,
    'content-language': options.contentLanguage,
  };
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (value === '' || !VISIBLE.test(value) || OUTER_SPACE.test(value)) {
      throw new UserError('usage', `“${value}” cannot be a value for --${name}.`, {
        hint: "Header values are printable ASCII, without a space at either end. In --content-disposition, other letters go as filename*=UTF-8''…",
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
    // S3 keeps names in lower case.
    const name = typed.toLowerCase();
    if (!TOKEN.test(name)) throw badMetadata(`“${typed}” cannot be a metadata name`);
    if (name === STAMPED) throw badMetadata(`“${STAMPED}” is written by the edge itself`);
    if (`x-amz-meta-${name}` in headers) throw badMetadata(`“${name}” is given twice`);
    if (VISIBLE.test(value) && OUTER_SPACE.test(value)) {
      throw badMetadata(`The value of “${name}” begins or ends with a space, which would be lost on the way`);
    }
    const encoded = VISIBLE.test(value) && !SPACES.test(value) ? value : encodedWords(value);
    headers[`x-amz-meta-${name}`] = encoded;
    bytes += Buffer.byteLength(name) + Buffer.byteLength(encoded);
  }
  if (bytes > MAX_METADATA_BYTES) {
    throw badMetadata(`The metadata has ${bytes} bytes, and S3 keeps ${MAX_METADATA_BYTES}`);
  }
  return headers;
}

function badMetadata(why: string): UserError {
  return new UserError('usage', `${why}.`, { hint: 'Metadata is given as --metadata name=value.' });
}

/** RFC 2047 words of 75 characters at most, which is how S3 takes text beyond ASCII; it gives it back the same way. */
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
