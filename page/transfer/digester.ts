import { crc32 } from './crc32.ts';
import { unreadable } from './read-file.ts';
import type { UploadError } from './upload-error.ts';
import type { DigestReply, DigestRequest } from './worker.ts';

/** Computes the CRC-32 of slices of files. */
export interface Digester {
  /** @throws {UploadError} `file_unreadable` */
  digest(slice: Blob): Promise<number>;
}

/** The part of a worker that a digester uses. */
export type DigestWorker = Pick<Worker, 'addEventListener' | 'postMessage' | 'terminate'>;

async function digestHere(slice: Blob): Promise<number> {
  return crc32(slice).catch((error: unknown) => {
    throw unreadable(error);
  });
}

interface Waiting {
  readonly slice: Blob;
  readonly resolve: (crc: number | Promise<number>) => void;
  readonly reject: (error: UploadError) => void;
}

/** Creates a digester. It uses a worker, or this thread if the browser starts none. */
export function openDigester(start: () => DigestWorker): Digester {
  let worker: DigestWorker | undefined;
  let broken = false;
  let last = 0;
  const waiting = new Map<number, Waiting>();

  const onReply = ({ data: { id, crc } }: MessageEvent<DigestReply>) => {
    const asked = waiting.get(id);
    waiting.delete(id);
    if (crc === undefined) asked?.reject(unreadable());
    else asked?.resolve(crc);
  };
  const digestAllHere = () => {
    broken = true;
    worker?.terminate();
    for (const { slice, resolve } of waiting.values()) resolve(digestHere(slice));
    waiting.clear();
  };
  const started = (): DigestWorker | undefined => {
    if (worker !== undefined || broken) return broken ? undefined : worker;
    try {
      worker = start();
    } catch {
      // The browser's administrator can forbid workers.
      broken = true;
      return undefined;
    }
    worker.addEventListener('message', (event) => onReply(event as MessageEvent<DigestReply>));
    worker.addEventListener('error', digestAllHere);
    worker.addEventListener('messageerror', digestAllHere);
    return worker;
  };

  return {
    digest(slice) {
      const running = started();
      if (running === undefined) return digestHere(slice);
      return new Promise((resolve, reject) => {
        last += 1;
        waiting.set(last, { slice, resolve, reject });
        running.postMessage({ id: last, slice } satisfies DigestRequest);
      });
    },
  };
}

/** URL of the worker at the edge. Set by the build. */
declare const WORKER_URL: string;

interface ScriptUrls {
  createScriptURL(url: string): string;
}

/** API of browsers with Trusted Types, which TypeScript does not declare. */
interface TrustedTypes {
  createPolicy(name: string, rules: ScriptUrls): ScriptUrls;
}

/** The only policy that the page's Content-Security-Policy allows. It approves the worker's URL only. */
const POLICY = 'edge-upload';

/** Starts the worker that reads and digests parts. */
export function startWorker(): Worker {
  const { trustedTypes } = globalThis as { readonly trustedTypes?: TrustedTypes };
  const policy = trustedTypes?.createPolicy(POLICY, {
    createScriptURL(url) {
      if (url === WORKER_URL) return url;
      throw new TypeError('not a script of the upload page');
    },
  });
  return new Worker(policy?.createScriptURL(WORKER_URL) ?? WORKER_URL, { type: 'module' });
}
