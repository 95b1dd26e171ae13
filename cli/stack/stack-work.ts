import { setTimeout as delay } from 'node:timers/promises';
import type { Hint } from '../command-line.ts';
import type { Context } from '../context.ts';
import { interrupted, isUserError } from '../errors.ts';
import type { OperatorClients } from '../network/aws.ts';
import { openDeadline } from '../network/cancellation.ts';
import type { LocalCloud } from '../settings/deployments.ts';

export const DEFAULT_STACK_NAME = 'edge-upload';

/** Clients and context of the commands for one stack. */
export interface StackWork {
  readonly context: Pick<Context, 'ui' | 'now' | 'signal' | 'env' | 'sent'>;
  readonly clients: OperatorClients;
  readonly stackName: string;
  /** Set for the embedded cloud. */
  readonly local?: LocalCloud;
}

/** Returns the milliseconds between two polls. AWS throttles callers that poll more often. */
export function pollInterval({ local }: Pick<StackWork, 'local'>): number {
  return local === undefined ? 2500 : 100;
}

/**
 * Throws if Ctrl-C was typed since the last step.
 * @param hint how to continue
 */
export function checkpoint(signal: AbortSignal, hint?: Hint): void {
  if (signal.aborted) throw interrupted(hint);
}

/**
 * Runs requests that Ctrl-C may end.
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

/** Runs requests that clean up. Ctrl-C does not cancel them, but leaves them less time. */
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
 * Sends a request that creates something. Ctrl-C does not cancel it, but leaves it less time: only with its answer is it
 * known what to delete again.
 * @throws {UserError} `interrupted` after Ctrl-C, if there is no answer
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
