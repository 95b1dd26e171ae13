import { createHash } from 'node:crypto';
import { omitUndefined } from '../../../protocol/fields.ts';
import type { Authentication } from '../../auth/sigv4.ts';
import { AwsError } from '../../wire/errors.ts';
import type { HttpRequest } from '../../wire/http.ts';
import { steadyBody } from '../../wire/idle-body.ts';
import { ALGORITHMS, type Algorithm, checksumHeader, isChecksumValue } from '../checksums/algorithms.ts';
import { badDigest, incompleteBody, invalidRequest, requestTimeout } from '../errors.ts';
import { decodeAwsChunked, malformedTrailer } from './aws-chunked.ts';
import { type Expectations, hasTrailer } from './expectations.ts';

/** Destination of a body. It passes every byte to its hashes. */
export interface Sink {
  /** Bytes received so far. */
  readonly size: number;
  write(chunk: Buffer): Promise<void>;
  /** Resolves when all bytes are stored. */
  finish(): Promise<void>;
  /** Deletes everything that was written. */
  discard(): Promise<void>;
}

/** A complete body that matches its announcement. */
export interface Received {
  readonly size: number;
  /** Hex. */
  readonly md5: string;
  /** Base64, for each requested algorithm and the client's. */
  readonly checksums: Readonly<Partial<Record<Algorithm, string>>>;
}

/**
 * Streams the request's body into a sink, computes all hashes in one pass, and compares them with the expected values.
 * After an error, the sink is empty.
 *
 * @param makeSink - gets the function to call with every byte, in order
 * @param algorithms - checksums to compute besides the client's
 * @throws AwsError `IncompleteBody`, `BadDigest`, `XAmzContentSHA256Mismatch`, and the errors of {@link
 * decodeAwsChunked}
 */
export async function receiveBody(
  request: HttpRequest,
  authentication: Authentication,
  expected: Expectations,
  makeSink: (hash: (block: Buffer) => void) => Sink,
  algorithms: readonly Algorithm[],
): Promise<Received> {
  const wanted = new Set(algorithms);
  if (expected.checksum !== undefined) wanted.add(expected.checksum.algorithm);
  const md5 = createHash('md5');
  const sha256 = expected.sha256 === undefined ? undefined : createHash('sha256');
  const hashers = [...wanted].map((algorithm) => ({ algorithm, hasher: ALGORITHMS[algorithm].hasher() }));
  const sink = makeSink((block) => {
    md5.update(block);
    sha256?.update(block);
    for (const { hasher } of hashers) hasher.update(block);
  });
  request.continueBody?.();
  // After a refusal, the rest is left unread instead of destroyed: the response is sent on the same connection.
  const source: AsyncIterator<Buffer> = steadyBody(request.body, { tooSlow: requestTimeout });
  try {
    const trailer = await copyBody(bodyOf(source, authentication), sink, expected.size);
    await sink.finish();
    const digest = md5.digest();
    const checksums = Object.fromEntries(
      hashers.map(({ algorithm, hasher }) => [algorithm, hasher.digest().toString('base64')]),
    );
    check(expected, { md5: digest.toString('base64'), sha256: sha256?.digest('hex'), checksums, trailer });
    return { size: sink.size, md5: digest.toString('hex'), checksums };
  } catch (error) {
    await sink.discard();
    throw error;
  } finally {
    await source.return?.();
  }
}

type BodyStream = AsyncIterator<Buffer, Record<string, string> | undefined>;

function bodyOf(source: AsyncIterator<Buffer>, { payload, chunkSigner }: Authentication): BodyStream {
  if (payload.kind === 'signed' || payload.kind === 'unsigned') return source;
  return decodeAwsChunked(source, {
    trailer: hasTrailer(payload),
    ...omitUndefined({ signer: chunkSigner }),
  });
}

async function copyBody(body: BodyStream, sink: Sink, size: number): Promise<Record<string, string>> {
  for (;;) {
    const { done, value } = await nextOf(body);
    if (done === true) {
      if (sink.size !== size) throw incompleteBody();
      return value ?? {};
    }
    if (sink.size + value.length > size) throw incompleteBody();
    await sink.write(value);
  }
}

/** Reads the next chunk. Reports every stream error as an incomplete body, because the connection broke. */
async function nextOf(body: BodyStream): Promise<IteratorResult<Buffer, Record<string, string> | undefined>> {
  try {
    return await body.next();
  } catch (error) {
    throw error instanceof AwsError ? error : incompleteBody();
  }
}

/** The trailer must consist of the checksum that `x-amz-trailer` announces. */
function checkTrailer({ checksum }: Expectations, trailer: Actual['trailer']): void {
  const announced =
    checksum !== undefined && checksum.value === undefined ? [checksumHeader(checksum.algorithm)] : [];
  if (String(Object.keys(trailer)) !== String(announced)) throw malformedTrailer();
}

interface Actual {
  readonly md5: string;
  readonly sha256: string | undefined;
  readonly checksums: Readonly<Partial<Record<Algorithm, string>>>;
  readonly trailer: Readonly<Record<string, string>>;
}

function check(expected: Expectations, actual: Actual): void {
  if (expected.sha256 !== undefined && expected.sha256 !== actual.sha256) {
    throw new AwsError(
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
      400,
      {
        ClientComputedContentSHA256: expected.sha256,
        S3ComputedContentSHA256: actual.sha256 ?? '',
      },
    );
  }
  checkTrailer(expected, actual.trailer);
  if (expected.md5 !== undefined && expected.md5 !== actual.md5) throw badDigest('Content-MD5');
  if (expected.checksum === undefined) return;
  const { algorithm, value } = expected.checksum;
  const name = checksumHeader(algorithm);
  const given = value ?? actual.trailer[name];
  if (given === undefined || !isChecksumValue(algorithm, given)) {
    throw invalidRequest(`Value for ${name} ${value === undefined ? 'trailing ' : ''}header is invalid.`);
  }
  if (given !== actual.checksums[algorithm]) throw badDigest(algorithm);
}
