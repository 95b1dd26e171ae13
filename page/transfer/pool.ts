import { stopped } from './upload-error.ts';

/** Limits how much work runs at the same time. */
export interface Pool {
  /**
   * Runs work when a slot is free, in the order of the calls.
   * @throws {UploadError} `stopped` if the signal is aborted before
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
