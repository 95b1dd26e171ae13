import type { StoredPart, Target } from './requests.ts';
import type { Waiting } from './retry.ts';

/** What an upload is doing. */
export type UploadState = 'sending' | 'waiting for network' | 'waiting to retry' | 'finishing';

export interface ProgressListener {
  /** Called with the bytes of the file sent so far. Decreases after a failed attempt. */
  readonly onProgress?: (sentBytes: number) => void;
  /** Called before the first progress with the bytes that an earlier upload stored. */
  readonly onResumed?: (bytes: number) => void;
  readonly onState?: (state: UploadState) => void;
}

/** Progress of one request. */
interface RequestProgress {
  /** Reports the bytes of its body sent so far. */
  readonly sent: (bytes: number) => void;
  readonly waits: (waiting: Waiting | undefined) => void;
  readonly end: () => void;
}

/** Combines the progress of a file's requests. */
export interface Progress {
  request(): RequestProgress;
  stored(part: Pick<StoredPart, 'size'>): void;
  resumed(parts: readonly StoredPart[]): void;
  finishing(): void;
  /** Starts at zero again, without the bytes stored before. */
  reset(): void;
}

export function createProgress({ onProgress, onResumed, onState }: ProgressListener): Progress {
  const requests = new Set<{ sent: number; waiting: Waiting | undefined }>();
  let storedBytes = 0;
  let active: UploadState = 'sending';
  let state: UploadState | undefined;
  const report = () => {
    const all = [...requests];
    onProgress?.(all.reduce((sum, { sent }) => sum + sent, storedBytes));
    const isAny = (kind: Waiting) => all.some(({ waiting }) => waiting === kind);
    const now = isAny('network') ? 'waiting for network' : isAny('retry') ? 'waiting to retry' : active;
    if (now !== state) onState?.(now);
    state = now;
  };
  return {
    request() {
      const request = { sent: 0, waiting: undefined as Waiting | undefined };
      requests.add(request);
      return {
        sent(bytes) {
          request.sent = bytes;
          report();
        },
        waits(waiting) {
          request.waiting = waiting;
          request.sent = 0;
          report();
        },
        end() {
          requests.delete(request);
        },
      };
    },
    stored({ size }) {
      storedBytes += size;
      report();
    },
    resumed(parts) {
      storedBytes = parts.reduce((sum, { size }) => sum + size, 0);
      if (storedBytes > 0) onResumed?.(storedBytes);
      report();
    },
    finishing() {
      active = 'finishing';
      report();
    },
    reset() {
      storedBytes = 0;
      active = 'sending';
      report();
    },
  };
}

/** Sends requests without a file's bytes. The upload's state shows what they wait for. */
export async function shown<T>(
  { target, progress }: { readonly target: Target; readonly progress: Progress },
  send: (target: Target) => Promise<T>,
): Promise<T> {
  const request = progress.request();
  try {
    return await send({ ...target, onWaiting: request.waits });
  } finally {
    request.end();
  }
}
