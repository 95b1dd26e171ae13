import { crc32 } from './crc32.ts';

/** A slice of a file to digest. */
export interface DigestRequest {
  readonly id: number;
  readonly slice: Blob;
}

/** The CRC-32 of a slice; absent if it cannot be read. */
export interface DigestReply {
  readonly id: number;
  readonly crc?: number;
}

/** Digests a slice in the worker's thread. */
async function response({ id, slice }: DigestRequest): Promise<void> {
  const reply: DigestReply = await crc32(slice).then(
    (crc) => ({ id, crc }),
    () => ({ id }),
  );
  self.postMessage(reply);
}

self.addEventListener('message', ({ data }: MessageEvent<DigestRequest>) => void response(data));
