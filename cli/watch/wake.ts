import { type FSWatcher, watch } from 'node:fs';
import { interrupted } from '../errors.ts';

/** A sleep that something can end. */
export interface Wake {
  /** Ends the sleep, or the next one. */
  call(): void;
  /** @throws {UserError} `interrupted` */
  sleep(milliseconds: number): Promise<void>;
}

export function createWake(signal: AbortSignal): Wake {
  let called = false;
  let wake = () => {};
  return {
    call() {
      called = true;
      wake();
    },
    async sleep(milliseconds) {
      if (signal.aborted) throw interrupted();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, called ? 0 : milliseconds);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
        signal.addEventListener('abort', wake, { once: true });
      });
      signal.removeEventListener('abort', wake);
      called = false;
      if (signal.aborted) throw interrupted();
    },
  };
}

/** On Linux, Node watches every file of a tree by itself, and the system allows only so many. */
const recursive = process.platform === 'darwin' || process.platform === 'win32';

/**
 * Calls `onChange` when the system reports a change in a folder. It is a hint only: network file systems report nothing.
 * @returns what ends it.
 */
export function watchHints(folder: string, onChange: () => void): () => void {
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(folder, { recursive, persistent: false }, onChange);
    // The next look at all files finds what changed.
    watcher.on('error', () => watcher?.close());
  } catch {
    return () => {};
  }
  return () => watcher?.close();
}
