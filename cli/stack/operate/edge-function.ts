import { command } from '../../command-line.ts';
import { formatDuration } from '../../ui/format.ts';
import { onAws } from '../aws-failures.ts';
import { checkpoint, pause, pollInterval, resumable, type StackWork } from '../stack-work.ts';
import { AGAIN } from './destroy.ts';

/** Milliseconds between two attempts. CloudFront deletes replicas minutes to hours after the distribution. */
const REPLICA_POLL_MS = 30_000;

/** Milliseconds to wait at most. AWS documents a few hours. */
const PATIENCE_MS = 12 * 3600_000;

function isReplicated(error: unknown): boolean {
  return (
    error instanceof Error &&
    error.name === 'InvalidParameterValueException' &&
    /replicated function/.test(error.message)
  );
}

function isGone(error: unknown): boolean {
  return error instanceof Error && error.name === 'ResourceNotFoundException';
}

/** Tries once to delete the function. Returns false while CloudFront still has replicas. */
async function tryDelete({ clients }: StackWork, functionName: string): Promise<boolean> {
  const { DeleteFunctionCommand } = await import('@aws-sdk/client-lambda');
  return onAws('Removing the edge function', async () => {
    try {
      await clients.lambda.send(new DeleteFunctionCommand({ FunctionName: functionName }));
      return true;
    } catch (error) {
      if (isReplicated(error)) return false;
      if (isGone(error)) return true;
      throw error;
    }
  });
}

/**
 * Deletes the edge function with all its versions. The stack retains the function for this: CloudFormation would give
 * up on it while CloudFront still has replicas.
 * @param wait until the replicas are gone, or for twelve hours; otherwise it is tried once
 * @returns whether it is gone
 */
export async function deleteEdgeFunction(
  work: StackWork,
  functionName: string,
  { wait }: { readonly wait: boolean },
): Promise<boolean> {
  const { ui, now, signal } = work.context;
  const task = 'Removing the edge function';
  const since = now().getTime();
  checkpoint(signal, AGAIN);
  ui.event({ type: 'task-started', task });
  while (!(await resumable(AGAIN, () => tryDelete(work, functionName)))) {
    if (!wait) {
      ui.event({ type: 'task-done', task, detail: 'not yet: CloudFront still has copies of it' });
      return false;
    }
    const waited = formatDuration(now().getTime() - since);
    if (now().getTime() - since > PATIENCE_MS) {
      ui.event({
        type: 'task-done',
        task,
        detail: `not yet: CloudFront still has copies of it after ${waited}`,
      });
      return false;
    }
    ui.event({
      type: 'task-progress',
      task,
      detail: `CloudFront still has copies of it at its edges, which takes minutes to hours; waited ${waited}`,
    });
    await pause(work.local === undefined ? REPLICA_POLL_MS : pollInterval(work), signal, [
      'Everything else is gone. To delete the function, now or in some hours:',
      command`edge-upload destroy`,
    ]);
  }
  ui.event({ type: 'task-done', task, detail: functionName });
  return true;
}
