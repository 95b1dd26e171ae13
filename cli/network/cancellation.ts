import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Hint } from '../command-line.ts';
import { interrupted, isUserError } from '../errors.ts';

/** Aborts a request that takes too long, or whose caller aborts. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Restarts the time, in milliseconds. */
  set(milliseconds: number): void;
  /** Stops the time: the request is over, or needs no limit. */
  clear(): void;
  /** Stops the time and removes the listener on the caller's signal. */
  end(): void;
}

/**
 * Creates a deadline, whose time starts at `set`. `AbortSignal.any` and `AbortSignal.timeout` do not replace it:
 * Node 20 collects a combined signal while it is awaited, which then never fires.
 */
export function openDeadline(caller?: AbortSignal): Deadline {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const clear = () => clearTimeout(timer);
  const giveUp = () => {
    clear();
    controller.abort(caller?.reason);
  };
  if (caller?.aborted) giveUp();
  caller?.addEventListener('abort', giveUp, { once: true });
  return {
    signal: controller.signal,
    set(milliseconds) {
      clear();
      timer = setTimeout(() => {
        controller.abort(Object.assign(new Error('the response has no end'), { name: 'TimeoutError' }));
      }, milliseconds);
    },
    clear,
    end() {
      clear();
      caller?.removeEventListener('abort', giveUp);
    },
  };
}

/** A signal that other signals can abort. */
export interface LinkedSignal {
  readonly signal: AbortSignal;
  abort(): void;
  /** Aborts this signal together with another one. */
  link(other: AbortSignal | undefined): void;
  /** Removes all links, so that other signals no longer abort this one. */
  unlink(): void;
}

/** Creates a signal that other signals abort. `AbortSignal.any` would keep it in memory as long as they exist. */
export function linkedSignal(...others: readonly (AbortSignal | undefined)[]): LinkedSignal {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  const unlinks: (() => void)[] = [];
  const link = (other: AbortSignal | undefined) => {
    if (other === undefined) return;
    const abort = () => controller.abort(other.reason);
    if (other.aborted) return abort();
    // Every running upload adds a listener.
    if (other instanceof EventTarget) setMaxListeners(0, other);
    other.addEventListener('abort', abort, { once: true });
    unlinks.push(() => other.removeEventListener('abort', abort));
  };
  for (const other of others) link(other);
  return {
    signal: controller.signal,
    abort: () => controller.abort(),
    link,
    unlink() {
      for (const unlink of unlinks) unlink();
    },
  };
}

/** Returns the result of the work, or rejects with an interruption as soon as the signal is aborted. */
export function orInterrupted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return orAborted(work, signal, interrupted);
}

/**
 * Returns the result of the work, or rejects as soon as the signal is aborted, by default with its reason. A request of
 * undici obeys its signal only once the name is looked up and the connection made.
 */
export async function orAborted<T>(
  work: Promise<T>,
  signal: AbortSignal,
  reason: () => unknown = () => signal.reason,
): Promise<T> {
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(reason());
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop);
  }
}

/** Running work, such as requests, that one signal aborts. */
export interface Abortable {
  /** Calls `abort` with the signal's reason once it is aborted. Returns a function that removes it again. */
  add(abort: (reason: unknown) => void): () => void;
}

/** Listens to a signal only once: adding a listener takes longer the more there are. */
export function openAbortable(signal: AbortSignal): Abortable {
  const waiting = new Set<(reason: unknown) => void>();
  const abortAll = () => {
    for (const abort of waiting) abort(signal.reason);
  };
  signal.addEventListener('abort', abortAll, { once: true });
  return {
    add(abort) {
      if (signal.aborted) abort(signal.reason);
      else waiting.add(abort);
      return () => void waiting.delete(abort);
    },
  };
}

/**
 * Throws if Ctrl-C was pressed since the last step.
 * @param hint how to continue
 */
export function checkpoint(signal: AbortSignal, hint?: Hint): void {
  if (signal.aborted) throw interrupted(hint);
}

/**
 * Runs requests that Ctrl-C cancels.
 * @param hint how to continue then
 */
export async function resumable<T>(hint: Hint, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const lacksHint = isUserError(error) && error.code === 'interrupted' && error.hint === undefined;
    throw lacksHint ? interrupted(hint) : error;
  }
}

/** As `Promise.all`, but rejects only once all work has ended, so that none prints after the error of another. */
export async function allEnded<T extends readonly unknown[] | []>(work: T) {
  await Promise.allSettled(work);
  return Promise.all(work);
}

/**
 * Waits. Ctrl-C ends the wait with an error.
 * @param hint how to continue
 */
export async function pause(milliseconds: number, signal: AbortSignal, hint: Hint): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal });
  } catch (error) {
    throw signal.aborted ? interrupted(hint) : error;
  }
}

/** Milliseconds for a clean-up request, and the same after Ctrl-C. */
const CLEAN_UP_MS = 60_000;
const INTERRUPTED_MS = 5_000;

/** Runs clean-up requests. Ctrl-C does not cancel them, but leaves them less time. */
export async function cleanUp(
  signal: AbortSignal,
  run: (bounds: { readonly abortSignal: AbortSignal }) => Promise<void>,
): Promise<void> {
  const deadline = openDeadline();
  deadline.set(signal.aborted ? INTERRUPTED_MS : CLEAN_UP_MS);
  try {
    await run({ abortSignal: deadline.signal });
  } finally {
    deadline.end();
  }
}

/**
 * Sends a request that creates something. Ctrl-C does not cancel it, but leaves it less time: without its response, it is
 * unknown what to delete.
 * @throws {UserError} `interrupted` after Ctrl-C, if there is no response
 */
export async function creating<T>(
  signal: AbortSignal,
  run: (bounds: { readonly abortSignal: AbortSignal }) => Promise<T>,
): Promise<T> {
  if (signal.aborted) throw interrupted();
  const deadline = openDeadline();
  const hurry = () => deadline.set(INTERRUPTED_MS);
  signal.addEventListener('abort', hurry, { once: true });
  try {
    return await run({ abortSignal: deadline.signal });
  } catch (error) {
    throw signal.aborted ? interrupted() : error;
  } finally {
    signal.removeEventListener('abort', hurry);
    deadline.end();
  }
}
