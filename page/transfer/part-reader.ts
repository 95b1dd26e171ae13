import { crc32 } from './crc32.ts';
import { UploadError } from './upload-error.ts';
import type { PartReply, PartRequest } from './worker.ts';

/** A slice of a file in memory. */
export interface PartBytes {
  readonly buffer: ArrayBuffer;
  readonly crc: number;
}

/** Reads slices of files with their CRC-32. */
export interface PartReader {
  /** @throws {UploadError} `file_changed` or `file_unreadable` */
  read(slice: Blob): Promise<PartBytes>;
}

/** What a worker does for a reader. */
export type PartWorker = Pick<Worker, 'addEventListener' | 'postMessage' | 'terminate'>;

/**
 * Browsers give no reason: NotReadableError is a file that was changed, replaced or made unreadable after it was chosen,
 * NotFoundError one that was deleted or moved. https://w3c.github.io/FileAPI/#dfn-error-codes
 */
function readFailure(name: string): UploadError {
  return name === 'NotReadableError'
    ? new UploadError('file_changed', 'The file was changed since it was chosen, or cannot be read.')
    : new UploadError('file_unreadable', `The file cannot be read (${name}).`);
}

/** Reads in the thread that calls. */
async function readHere(slice: Blob): Promise<PartBytes> {
  const buffer = await slice.arrayBuffer().catch((error: unknown) => {
    throw readFailure(error instanceof Error ? error.name : 'Error');
  });
  return { buffer, crc: crc32(new Uint8Array(buffer)) };
}

interface Waiting {
  readonly slice: Blob;
  readonly resolve: (part: PartBytes | Promise<PartBytes>) => void;
  readonly reject: (error: UploadError) => void;
}

/** Returns a reader that works in a worker, or in this thread where the browser does not start one. */
export function openPartReader(start: () => PartWorker): PartReader {
  let worker: PartWorker | undefined;
  let broken = false;
  let last = 0;
  const waiting = new Map<number, Waiting>();

  const onReply = ({ data }: MessageEvent<PartReply>) => {
    const asked = waiting.get(data.id);
    waiting.delete(data.id);
    if ('error' in data) asked?.reject(readFailure(data.error));
    else asked?.resolve({ buffer: data.buffer, crc: data.crc });
  };
  const readAllHere = () => {
    broken = true;
    worker?.terminate();
    for (const { slice, resolve } of waiting.values()) resolve(readHere(slice));
    waiting.clear();
  };
  const started = (): PartWorker | undefined => {
    if (worker !== undefined || broken) return broken ? undefined : worker;
    try {
      worker = start();
    } catch {
      // A policy of the browser's administrator may forbid workers.
      broken = true;
      return undefined;
    }
    worker.addEventListener('message', (event) => onReply(event as MessageEvent<PartReply>));
    worker.addEventListener('error', readAllHere);
    worker.addEventListener('messageerror', readAllHere);
    return worker;
  };

  return {
    read(slice) {
      const running = started();
      if (running === undefined) return readHere(slice);
      return new Promise((resolve, reject) => {
        last += 1;
        waiting.set(last, { slice, resolve, reject });
        running.postMessage({ id: last, slice } satisfies PartRequest);
      });
    },
  };
}
