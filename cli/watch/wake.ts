import { type FSWatcher, statSync, watch } from 'node:fs';
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

/** What the system reports of a folder. */
export interface Hints {
  /** Watches again if another folder is at the path: the system reports changes of a folder, not of a path. */
  renew(): void;
  end(): void;
}

/**
 * Calls `onChange` when the system reports a change in a folder. It is a hint only: network file systems report nothing, and
 * the next look at all files finds what changed.
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
      // The system allows only so many; looks find all files without it.
    }
  };
  renew();
  return { renew, end };
}

/** A folder that takes the place of another often gets its inode, so the time of its birth is a part. */
function identityOf(folder: string): string | undefined {
  try {
    const { dev, ino, birthtimeNs } = statSync(folder, { bigint: true });
    return [dev, ino, birthtimeNs].join(' ');
  } catch {
    // The look at its files warns of it.
    return undefined;
  }
}
