import { setTimeout as delay } from 'node:timers/promises';
import type { Context } from '../context.ts';
import { interrupted, isUserError } from '../errors.ts';
import type { OperatorClients } from '../network/aws.ts';
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

/**
 * Returns a command about this stack, where it is now. Without the flags that name it, the command would be about the
 * deployment used last, or about a stack on AWS.
 * @param flags with a space before them
 */
export function stackCommand(
  { stackName, local }: Pick<StackWork, 'stackName' | 'local'>,
  command: string,
  flags = '',
): string {
  return `edge-upload ${command}${localFlag(local)} --stack-name ${stackName}${flags}`;
}

const localFlag = (local: LocalCloud | undefined) => (local === undefined ? '' : ' --local');

/** Returns the command that deploys this stack again. The plan that it shows names the stack, so the default name is left out. */
export function deployCommand(
  { stackName, local }: Pick<StackWork, 'stackName' | 'local'>,
  flags = '',
): string {
  const name = stackName === DEFAULT_STACK_NAME ? '' : ` --stack-name ${stackName}`;
  return `edge-upload deploy${localFlag(local)}${name}${flags}`;
}

/** Returns the milliseconds between two polls. AWS throttles callers that poll more often. */
export function pollInterval({ local }: Pick<StackWork, 'local'>): number {
  return local === undefined ? 2500 : 100;
}

/**
 * Throws if Ctrl-C was typed since the last step.
 * @param hint how to continue
 */
export function checkpoint(signal: AbortSignal, hint?: string): void {
  if (signal.aborted) throw interrupted(hint);
}

/**
 * Runs requests that Ctrl-C may end.
 * @param hint how to continue then
 */
export async function resumable<T>(hint: string, work: () => Promise<T>): Promise<T> {
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
export async function pause(milliseconds: number, signal: AbortSignal, hint: string): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal });
  } catch (error) {
    throw signal.aborted ? interrupted(hint) : error;
  }
}
