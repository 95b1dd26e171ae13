import { setTimeout as delay } from 'node:timers/promises';
import { interrupted, systemCode } from '../../errors.ts';

/** Errors while the process or the computer has no descriptor or memory for another file. */
const PASSING: ReadonlySet<string | undefined> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN']);

const WAIT_MS = 15_000;
const STEP_MS = 50;

/**
 * Opens something as soon as a descriptor is free: the command closes others all the time.
 * @throws the last error, where none was free for 15 seconds.
 */
export async function whenFree<T>(open: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (let waited = 0; ; waited += STEP_MS) {
    try {
      return await open();
    } catch (error) {
      if (!PASSING.has(systemCode(error)) || waited >= WAIT_MS) throw error;
    }
    await delay(STEP_MS, undefined, signal && { signal }).catch(() => {
      throw interrupted();
    });
  }
}
