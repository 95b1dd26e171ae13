import { stopped } from './upload-error.ts';

/** Bounds what is read and sent at once, of all files together. */
export interface Budget {
  /**
   * Runs work on so many bytes once there is room. Work that is larger than all the room runs alone.
   * @throws {UploadError} `stopped` where the signal is aborted before.
   */
  run<T>(bytes: number, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

export function createBudget({ requests, bytes: most }: { requests: number; bytes: number }): Budget {
  let running = 0;
  let held = 0;
  const queue: { readonly bytes: number; readonly start: () => void }[] = [];
  const hasRoom = (bytes: number) => running === 0 || (running < requests && held + bytes <= most);
  const next = () => {
    for (let first = queue[0]; first !== undefined && hasRoom(first.bytes); first = queue[0]) {
      queue.shift();
      running += 1;
      held += first.bytes;
      first.start();
    }
  };
  return {
    async run(bytes, signal, work) {
      await new Promise<void>((start, reject) => {
        const entry = { bytes, start };
        queue.push(entry);
        const leave = () => {
          const at = queue.indexOf(entry);
          if (at < 0) return;
          queue.splice(at, 1);
          reject(stopped());
          next();
        };
        signal.addEventListener('abort', leave, { once: true });
        if (signal.aborted) leave();
        next();
      });
      try {
        return await work();
      } finally {
        running -= 1;
        held -= bytes;
        next();
      }
    },
  };
}
