import { formatDuration } from '../ui/format.ts';
import { onAws } from './aws-failures.ts';
import { TYPE_AGAIN } from './destroy.ts';
import { checkpoint, pause, pollInterval, type StackWork } from './operation.ts';

/** Replicas go away minutes to hours after the distribution; asking twice a minute is enough. */
const REPLICA_POLL_MS = 30_000;

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

/**
 * Deletes the edge function with all its versions, waiting while CloudFront still has replicas of it. The stack retains
 * the function for this: CloudFormation would give up on it.
 */
export async function deleteEdgeFunction(work: StackWork, functionName: string): Promise<void> {
  const { ui, now, signal } = work.context;
  const { DeleteFunctionCommand } = await import('@aws-sdk/client-lambda');
  const task = 'Removing the edge function';
  const since = now().getTime();
  checkpoint(signal, TYPE_AGAIN);
  ui.event({ type: 'task-started', task });
  for (;;) {
    const gone = await onAws(task, async () => {
      try {
        await work.clients.lambda.send(new DeleteFunctionCommand({ FunctionName: functionName }));
        return true;
      } catch (error) {
        if (isReplicated(error)) return false;
        if (isGone(error)) return true;
        throw error;
      }
    });
    if (gone) break;
    const waited = formatDuration(now().getTime() - since);
    ui.event({
      type: 'task-progress',
      task,
      detail: `CloudFront still has copies of it at its edges, which takes minutes to hours; waited ${waited}`,
    });
    await pause(
      work.local === undefined ? REPLICA_POLL_MS : pollInterval(work),
      signal,
      'Everything else is gone. Type edge-upload destroy again, now or in some hours, to remove the function.',
    );
  }
  ui.event({ type: 'task-done', task, detail: functionName });
}
