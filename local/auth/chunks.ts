import { EMPTY_SHA256, hmac, type Scope, scopeText } from './canonical.ts';

/** Signatures of an aws-chunked body; each is chained to the one before, the first to the request's own. */
export interface ChunkSigner {
  /** `sha256`: hex digest of the chunk's data. */
  chunk(sha256: string): string;
  /** `sha256`: hex digest of the trailing headers, each as `name:value\n`. Comes last, after the empty chunk. */
  trailer(sha256: string): string;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html */
export function chunkSigner(
  key: Buffer,
  timestamp: string,
  scope: Scope,
  seedSignature: string,
): ChunkSigner {
  let previous = seedSignature;
  const next = (...lines: string[]) => {
    const [algorithm = '', ...rest] = lines;
    previous = hmac(key, [algorithm, timestamp, scopeText(scope), previous, ...rest].join('\n')).toString(
      'hex',
    );
    return previous;
  };
  return {
    chunk: (sha256) => next('AWS4-HMAC-SHA256-PAYLOAD', EMPTY_SHA256, sha256),
    trailer: (sha256) => next('AWS4-HMAC-SHA256-TRAILER', sha256),
  };
}
