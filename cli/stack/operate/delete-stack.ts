import { randomUUID } from 'node:crypto';
import { onAws } from '../aws-failures.ts';
import type { FoundStack } from '../find-stack.ts';
import type { StackWork } from '../stack-work.ts';
import { type Ending, follow } from './follow.ts';

/**
 * Deletes the stack with its events shown, and says how that ended: `DELETE_COMPLETE`, or `DELETE_FAILED` with its cause.
 * A deletion under way is joined.
 * @param retain logical ids to leave as they are; CloudFormation takes them for a stack in `DELETE_FAILED` only
 */
export async function deleteStack(
  work: StackWork,
  { id, status }: Pick<FoundStack, 'id' | 'status'>,
  retain: readonly string[] = [],
): Promise<Ending> {
  const { ui } = work.context;
  const task = `Deleting the stack ${work.stackName}`;
  ui.event({ type: 'task-started', task });
  const { DeleteStackCommand } = await import('@aws-sdk/client-cloudformation');
  const token = status === 'DELETE_IN_PROGRESS' ? undefined : `edge-upload-${randomUUID()}`;
  if (token !== undefined) {
    await onAws(task, () =>
      work.clients.cloudformation.send(
        new DeleteStackCommand({
          StackName: id,
          ClientRequestToken: token,
          ...(retain.length === 0 ? {} : { RetainResources: [...retain] }),
        }),
      ),
    );
  }
  const ending = await follow(work, id, token);
  if (ending.status === 'DELETE_COMPLETE') ui.event({ type: 'task-done', task });
  else ui.event({ type: 'task-failed', task, detail: ending.status });
  return ending;
}
