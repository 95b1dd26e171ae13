import { on } from 'node:events';
import { watch } from 'node:fs';

/**
 * Resolves with the result of `look`, which is called at once and after each change in `folder`.
 * @throws once `signal` is aborted
 */
export async function whenFound<T>(
  folder: string,
  look: () => Promise<T | undefined>,
  signal?: AbortSignal,
): Promise<T> {
  const watcher = watch(folder);
  const changes = on(watcher, 'change', { signal });
  try {
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      await changes.next();
    }
  } finally {
    watcher.close();
  }
}
