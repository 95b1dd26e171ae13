import { randomUUID } from 'node:crypto';
import { UserError } from '../../errors.ts';
import { checkpoint, resumable } from '../../network/cancellation.ts';
import { sameCommand } from '../../same-command.ts';
import { ifThere, onAws } from '../aws-calls.ts';
import type { FoundStack, StackWork } from '../find-stack.ts';
import { emptyBucket } from './bucket.ts';
import { type Ending, follow, operationFailure, runOperation } from './follow.ts';

/**
 * Deletes the stack with its events shown, and returns how that failed: `DELETE_FAILED` with its cause. A deletion under
 * way is joined.
 */
export async function deleteStack(
  work: StackWork,
  { id, status }: Pick<FoundStack, 'id' | 'status'>,
): Promise<Ending | undefined> {
  const task = `Deleting the stack ${work.stackName}`;
  return runOperation(work, { task, stackId: id, succeeds: ['DELETE_COMPLETE'] }, async () => {
    if (status === 'DELETE_IN_PROGRESS') return undefined;
    const { DeleteStackCommand } = await import('@aws-sdk/client-cloudformation');
    const token = `edge-upload-${randomUUID()}`;
    const deletion = new DeleteStackCommand({ StackName: id, ClientRequestToken: token });
    await onAws(task, () => work.clients.cloudformation.send(deletion));
    return token;
  });
}

/** Maximum attempts. Users with a valid token can add objects during the deletion; the bucket is then emptied again. */
const TRIES = 5;

export const AGAIN = ['To continue with what is left:', sameCommand``];

export interface StackToRemove {
  readonly stack: FoundStack;
  /** Buckets to empty. CloudFormation deletes only empty buckets. */
  readonly buckets: readonly string[];
}

/** Empties the buckets and deletes the stack, repeatedly if necessary. The stack retains the edge function. */
export function removeStack(work: StackWork, stack: StackToRemove): Promise<void> {
  return resumable(AGAIN, () => emptyAndDelete(work, stack));
}

async function emptyAndDelete(work: StackWork, { stack, buckets }: StackToRemove): Promise<void> {
  let status = await atRest(work, stack);
  let ending: Ending = { status };
  for (let tries = 0; tries < TRIES; tries += 1) {
    checkpoint(work.context.signal, AGAIN);
    if (status !== 'DELETE_IN_PROGRESS') {
      // An earlier deletion may have deleted the bucket before it failed.
      for (const bucket of buckets) await ifThere(() => emptyBucket(work, bucket));
    }
    checkpoint(work.context.signal, AGAIN);
    const failed = await deleteStack(work, { id: stack.id, status });
    if (failed === undefined) return;
    ending = failed;
    ({ status } = ending);
    if (!isHeldByObjects(ending)) break;
    work.context.ui.event({
      type: 'note',
      text: 'Something was uploaded meanwhile; emptying the bucket again.',
    });
  }
  if (isHeldByObjects(ending)) {
    throw new UserError(
      'stack_failed',
      `The bucket ${buckets.join(', ')} fills faster than it can be emptied. The stack is now ${ending.status}.`,
      { hint: ['Disable the users that still upload, then run again:', sameCommand``] },
    );
  }
  throw operationFailure(work.stackName, 'Deleting', ending, [
    'Fix the cause, then continue with what is left:',
    sameCommand``,
  ]);
}

/** Returns the stack's state after any operation except a deletion has ended. */
async function atRest(work: StackWork, { id, status }: FoundStack): Promise<string> {
  const isBusy =
    status.endsWith('_IN_PROGRESS') && status !== 'DELETE_IN_PROGRESS' && status !== 'REVIEW_IN_PROGRESS';
  if (!isBusy) return status;
  work.context.ui.event({ type: 'note', text: `The stack is busy (${status}); waiting until it is done.` });
  return (await follow(work, id)).status;
}

function isHeldByObjects({ cause }: Ending): boolean {
  return cause?.resourceType === 'AWS::S3::Bucket' && /not empty/i.test(cause.reason);
}
