import { randomUUID } from 'node:crypto';
import { onAws } from './aws-failures.ts';
import { type Ending, follow } from './follow.ts';
import type { StackWork } from './operation.ts';
import type { FoundStack } from './stacks.ts';

/** Deletes the stack with its events shown, and says how that ended: `DELETE_COMPLETE`, or `DELETE_FAILED` with its cause. */
export async function deleteStack(work: StackWork, stack: FoundStack): Promise<Ending> {
  const { ui } = work.context;
  const task = `Deleting the stack ${work.stackName}`;
  ui.event({ type: 'task-started', task });
  const { DeleteStackCommand } = await import('@aws-sdk/client-cloudformation');
  const token = `edge-upload-${randomUUID()}`;
  // A delete that an earlier run began is joined, whatever its token.
  const joining = stack.status === 'DELETE_IN_PROGRESS';
  if (!joining) {
    await onAws(task, () =>
      work.clients.cloudformation.send(
        new DeleteStackCommand({ StackName: stack.id, ClientRequestToken: token }),
      ),
    );
  }
  const ending = await follow(
    work,
    stack.id,
    ({ ClientRequestToken }) => joining || ClientRequestToken === token,
  );
  if (ending.status === 'DELETE_COMPLETE') ui.event({ type: 'task-done', task });
  else ui.event({ type: 'task-failed', task, detail: ending.status });
  return ending;
}
