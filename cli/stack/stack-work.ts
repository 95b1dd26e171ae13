import { setTimeout as delay } from 'node:timers/promises';
import type { Context } from '../context.ts';
import { interrupted } from '../errors.ts';
import type { OperatorClients } from '../network/aws.ts';
import type { LocalCloud } from '../settings/deployments.ts';

/** What every step of deploying and destroying one stack works with. */
export interface StackWork {
  readonly context: Pick<Context, 'ui' | 'now' | 'signal' | 'env'>;
  readonly clients: OperatorClients;
  readonly stackName: string;
  /** Set for the embedded cloud. */
  readonly local?: LocalCloud;
}

/** How long to wait between two looks at something that takes its time: AWS throttles the impatient. */
export function pollInterval({ local }: Pick<StackWork, 'local'>): number {
  return local === undefined ? 2500 : 100;
}

/** Between two steps: ends here if Ctrl-C was typed, and says how to go on. */
export function checkpoint(signal: AbortSignal, hint: string): void {
  if (signal.aborted) throw interrupted(hint);
}

/** Waits, but not past a Ctrl-C, which `hint` then tells how to go on from. */
export async function pause(milliseconds: number, signal: AbortSignal, hint: string): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal });
  } catch (error) {
    throw signal.aborted ? interrupted(hint) : error;
  }
}
