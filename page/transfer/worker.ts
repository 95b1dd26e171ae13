import { crc32 } from './crc32.ts';

/** A slice of a file to digest. */
export interface DigestRequest {
  readonly id: number;
  readonly slice: Blob;
}

/** The CRC-32 of a slice, or the name of the error that reading it threw. */
export type DigestReply =
  | { readonly id: number; readonly crc: number }
  | { readonly id: number; readonly error: string };

/** Digests a slice in the worker's thread. */
async function response({ id, slice }: DigestRequest): Promise<void> {
  const reply: DigestReply = await crc32(slice).then(
    (crc) => ({ id, crc }),
    (error: unknown) => ({ id, error: error instanceof Error ? error.name : 'Error' }),
  );
  self.postMessage(reply);
}

self.addEventListener('message', ({ data }: MessageEvent<DigestRequest>) => void response(data));
