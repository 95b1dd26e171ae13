import { createHash } from 'node:crypto';
import { type ChunkSigner, sha256 } from '../../auth/canonical.ts';
import { equal } from '../../secrets.ts';
import { AwsError } from '../../wire/errors.ts';
import { incompleteBody } from '../errors.ts';

/** Maximum bytes of a header line. S3's clients send shorter ones. */
const MAX_LINE_BYTES = 16 * 1024;

export interface ChunkedOptions {
  /** Set if every chunk is signed. */
  readonly signer?: ChunkSigner;
  /** Whether trailing headers follow the last chunk. */
  readonly trailer: boolean;
}

/**
 * Removes the aws-chunked framing of a body and checks the signature of each chunk. Yields data as it arrives, which is
 * verified only once the whole body has been read. Returns the trailing headers, with names in lower case.
 *
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 *
 * @throws AwsError `IncompleteBody`, `SignatureDoesNotMatch`, `MalformedTrailerError`
 */
export async function* decodeAwsChunked(
  body: AsyncIterator<Buffer>,
  { signer, trailer }: ChunkedOptions,
): AsyncGenerator<Buffer, Record<string, string>> {
  const reader = new ChunkReader(body);
  for (;;) {
    const { size, signature } = chunkHeader(await reader.line());
    const hash = signer === undefined ? undefined : createHash('sha256');
    for (let left = size; left > 0; ) {
      const data = await reader.some(left);
      left -= data.length;
      hash?.update(data);
      yield data;
    }
    if (signer !== undefined && hash !== undefined) {
      checkSignature(signer.chunk(hash.digest('hex')), signature);
    }
    if (size === 0) break;
    if ((await reader.line()) !== '') throw incompleteBody();
  }
  const headers = await readTrailer(reader, trailer, signer);
  await reader.end();
  return headers;
}

async function readTrailer(
  reader: ChunkReader,
  expected: boolean,
  signer: ChunkSigner | undefined,
): Promise<Record<string, string>> {
  const headers: Record<string, string> = {};
  let signed = '';
  let signature: string | undefined;
  let size = 0;
  for (let line = await reader.line(); line !== ''; line = await reader.line()) {
    const [, name = '', value = ''] = /^([^:\s]+):(.*)$/.exec(line) ?? [];
    size += line.length;
    if (!expected || name === '' || size > MAX_LINE_BYTES) throw malformedTrailer();
    const lower = name.toLowerCase();
    if (lower === 'x-amz-trailer-signature') {
      signature = value.trim();
      continue;
    }
    headers[lower] = value.trim();
    signed += `${lower}:${value.trim()}\n`;
  }
  if (expected && signer !== undefined) checkSignature(signer.trailer(sha256(signed)), signature);
  return headers;
}

function chunkHeader(line: string): { size: number; signature: string | undefined } {
  const match = /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line);
  if (match?.[1] === undefined) throw incompleteBody();
  return { size: Number.parseInt(match[1], 16), signature: match[2] };
}

function checkSignature(expected: string, given: string | undefined): void {
  if (given !== undefined && equal(expected, given)) return;
  throw new AwsError(
    'SignatureDoesNotMatch',
    'The chunk signature we calculated does not match the signature you provided.',
    403,
  );
}

export const malformedTrailer = () =>
  new AwsError(
    'MalformedTrailerError',
    'The request contained trailing data that was not well-formed or did not conform to our published schema.',
  );

/** Reads lines and byte ranges from a stream of buffers without copying them. */
class ChunkReader {
  readonly #source: AsyncIterator<Buffer>;
  #buffer: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterator<Buffer>) {
    this.#source = source;
  }

  /** Returns the text up to the next CRLF, without it. */
  async line(): Promise<string> {
    let seen: Buffer = Buffer.alloc(0);
    for (;;) {
      seen = Buffer.concat([seen, this.#buffer]);
      const end = seen.indexOf('\r\n');
      if (end >= 0) {
        this.#buffer = seen.subarray(end + 2);
        return seen.toString('latin1', 0, end);
      }
      if (seen.length > MAX_LINE_BYTES || !(await this.#more())) throw incompleteBody();
    }
  }

  /** Returns between one and `limit` bytes. */
  async some(limit: number): Promise<Buffer> {
    while (this.#buffer.length === 0) {
      if (!(await this.#more())) throw incompleteBody();
    }
    const data = this.#buffer.subarray(0, limit);
    this.#buffer = this.#buffer.subarray(data.length);
    return data;
  }

  /** Requires the end of the stream. */
  async end(): Promise<void> {
    if (this.#buffer.length > 0 || (await this.#more())) throw incompleteBody();
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#source.next();
    this.#buffer = done === true ? Buffer.alloc(0) : value;
    return done !== true;
  }
}
