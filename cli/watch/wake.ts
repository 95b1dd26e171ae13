import { type FSWatcher, statSync, watch } from 'node:fs';
import { interrupted } from '../errors.ts';

/** A sleep that can be ended early. */
export interface Wake {
  /** Ends the current sleep, or the next one. */
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

/** On Linux, Node watches every file of a tree individually, and the system limits their number. */
const recursive = process.platform === 'darwin' || process.platform === 'win32';

/** Change notifications of the system for a folder. */
export interface Hints {
  /** Watches the path again if it has become another folder. The system watches a folder, not a path. */
  renew(): void;
  end(): void;
}

/**
 * Calls `onChange` when the system reports a change in a folder. Notifications are incomplete, for example on network
 * file systems; regular scans find what they miss.
 */
export function watchHints(folder: string, onChange: () => void): Hints {
  let watcher: FSWatcher | undefined;
  let watched: string | undefined;
  const end = () => {
    watcher?.close();
    watcher = undefined;
    watched = undefined;
  };
  const renew = () => {
    const found = identityOf(folder);
    if (found === watched && found !== undefined) return;
    end();
    if (found === undefined) return;
    try {
      const started = watch(folder, { recursive, persistent: false }, onChange);
      started.on('error', () => started.close());
      watcher = started;
      watched = found;
    } catch {
      // The system limits the number of watches. Scans find files without them.
    }
  };
  renew();
  return { renew, end };
}

/**
 * Returns the identity of a folder. A new folder often gets the inode of the one it replaces, so the birth time is
 * included.
 */
function identityOf(folder: string): string | undefined {
  try {
    const { dev, ino, birthtimeNs } = statSync(folder, { bigint: true });
    return [dev, ino, birthtimeNs].join(' ');
  } catch {
    // Scanning the folder reports the error.
    return undefined;
  }
}
