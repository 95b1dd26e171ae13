import { crc32 } from './crc32.ts';

/** A slice of a file to read. */
export interface PartRequest {
  readonly id: number;
  readonly slice: Blob;
}

/** The bytes of a slice with their CRC-32, or the name of the error of reading. */
export type PartReply =
  | { readonly id: number; readonly buffer: ArrayBuffer; readonly crc: number }
  | { readonly id: number; readonly error: string };

/** Reads slices of files and digests them, beside the page's own thread. */
async function answer({ id, slice }: PartRequest): Promise<void> {
  try {
    const buffer = await slice.arrayBuffer();
    const reply: PartReply = { id, buffer, crc: crc32(new Uint8Array(buffer)) };
    self.postMessage(reply, { transfer: [buffer] });
  } catch (error) {
    const reply: PartReply = { id, error: error instanceof Error ? error.name : 'Error' };
    self.postMessage(reply);
  }
}

self.addEventListener('message', ({ data }: MessageEvent<PartRequest>) => void answer(data));
