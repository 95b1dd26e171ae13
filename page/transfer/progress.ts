import type { StoredPart } from './requests.ts';
import type { Waiting } from './retry.ts';

/** What an upload does at the moment. */
export type UploadState = 'sending' | 'waiting for network' | 'waiting to retry' | 'finishing';

export interface ProgressListener {
  /** Called with the bytes of the file that are sent; fewer than before after a failed try. */
  readonly onProgress?: (sentBytes: number) => void;
  /** Called before the first progress with the bytes that an earlier upload had stored. */
  readonly onResumed?: (bytes: number) => void;
  readonly onState?: (state: UploadState) => void;
}

/** A request under way. */
interface RequestProgress {
  /** Bytes of its body that are sent. */
  readonly sent: (bytes: number) => void;
  readonly waits: (waiting: Waiting | undefined) => void;
  readonly end: () => void;
}

/** Sums up the requests of one file. */
export interface Progress {
  request(): RequestProgress;
  stored(part: Pick<StoredPart, 'size'>): void;
  resumed(parts: readonly StoredPart[]): void;
  finishing(): void;
  /** What was stored does not count any more. */
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
