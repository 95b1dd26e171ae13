import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { interrupted, systemCode } from '../../errors.ts';

/**
 * A call of the file system that takes longer than this, in milliseconds, waits for a disk, a network or a busy processor. Others
 * are answered from memory, which takes up to 0.2 ms for the longest read.
 */
const SLOW_MS = 0.5;

/** Number of first calls of a command that run on other threads: a disk that does not respond must not block Ctrl-C. */
const FIRST_CALLS = 16;

/**
 * Number of calls after a slow one that run on other threads, before the next is tried on this one. If that is slow
 * too, the number is multiplied: a busy computer is slow occasionally, a slow disk always.
 */
const CAREFUL_CALLS = 16;
const MORE_CAREFUL = 4;
const MOST_CAREFUL_CALLS = 1024;

/** Chooses between the two forms of a call of the file system. */
export interface DiskCalls {
  /** Number of files to upload that are open. */
  open: number;
  /** The largest number of them beside which descriptors were left for a connection. */
  spared: number;
  /** Runs `now`, or `later` if the disk is not known to be fast. Both do the same. */
  run<T>(now: () => T, later: () => Promise<T>): T | Promise<T>;
}

/**
 * Creates the rule that decides whether calls block this thread or use another. Another thread costs several times as
 * much as a call that the kernel answers from memory. A call that waits for a disk would delay everything else on this
 * thread.
 * @param clock returns milliseconds of a steady clock.
 */
export function createDiskCalls(clock: () => number): DiskCalls {
  let careful = FIRST_CALLS;
  let next = CAREFUL_CALLS;
  return {
    open: 0,
    spared: 0,
    run(now, later) {
      if (careful > 0) {
        careful -= 1;
        return later();
      }
      const began = clock();
      try {
        return now();
      } finally {
        if (clock() - began > SLOW_MS) {
          careful = next;
          next = Math.min(next * MORE_CAREFUL, MOST_CAREFUL_CALLS);
        } else {
          next = CAREFUL_CALLS;
        }
      }
    },
  };
}

/** Error codes of a process or computer without a descriptor or memory for another file. */
const PASSING: ReadonlySet<string | undefined> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN']);

const WAIT_MS = 15_000;
const STEP_MS = 50;

/**
 * Opens a file as soon as a descriptor is free.
 * @param isHeld returns true if the command holds descriptors that it will close. The wait is not limited then.
 * @throws the last error, if none was free for 15 seconds.
 */
export async function whenFree<T>(
  open: () => Promise<T>,
  signal?: AbortSignal,
  isHeld = () => false,
): Promise<T> {
  for (let waited = 0; ; waited = isHeld() ? 0 : waited + STEP_MS) {
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

/**
 * Throws the system's error unless two more descriptors are free: for a connection, and for a file such as a journal.
 * Without them, files that are open could fill the process, and none could be sent.
 */
export function checkSpare(): void {
  const first = openSync(devNull, 'r');
  try {
    closeSync(openSync(devNull, 'r'));
  } finally {
    closeSync(first);
  }
}
