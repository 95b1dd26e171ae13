import { stopped } from './upload-error.ts';

/** Bounds how much work is done at once. */
export interface Pool {
  /**
   * Runs work once there is room, in the order of the calls.
   * @throws {UploadError} `stopped` where the signal is aborted before.
   */
  run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

export function createPool(size: number): Pool {
  let free = size;
  const queue: (() => void)[] = [];
  return {
    async run(signal, work) {
      if (signal.aborted) throw stopped();
      if (free > 0) free -= 1;
      else {
        await new Promise<void>((start, reject) => {
          const leave = () => {
            queue.splice(queue.indexOf(enter), 1);
            reject(stopped());
          };
          const enter = () => {
            signal.removeEventListener('abort', leave);
            start();
          };
          signal.addEventListener('abort', leave, { once: true });
          queue.push(enter);
        });
      }
      try {
        return await work();
      } finally {
        const next = queue.shift();
        if (next === undefined) free += 1;
        else next();
      }
    },
  };
}
