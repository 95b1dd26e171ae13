import { UserError } from '../errors.ts';
import { emptyBucket } from './bucket.ts';
import { deleteStack } from './delete-stack.ts';
import { type Ending, follow, operationFailure } from './follow.ts';
import { checkpoint, type StackWork } from './operation.ts';
import type { FoundStack } from './stacks.ts';

/** A writer that still has a valid token can add objects while the stack goes; each time the bucket is emptied again. */
const TRIES = 5;

export const TYPE_AGAIN = 'Type edge-upload destroy again; it goes on with what is left.';

function isBucketNotEmpty({ cause }: Ending): boolean {
  return cause?.resourceType === 'AWS::S3::Bucket' && /not empty/i.test(cause.reason);
}

/** Empties the bucket and deletes the stack, as often as it takes. The edge function is retained by the stack. */
export async function removeStack(work: StackWork, stack: FoundStack): Promise<void> {
  const { bucket } = stack.outputs;
  let status = stack.status;
  if (status.endsWith('_IN_PROGRESS') && status !== 'DELETE_IN_PROGRESS' && status !== 'REVIEW_IN_PROGRESS') {
    work.context.ui.event({ type: 'note', text: `The stack is busy (${status}); waiting until it is done.` });
    ({ status } = await follow(work, stack.id, () => true));
  }
  let ending: Ending = { status };
  for (let tries = 0; tries < TRIES; tries += 1) {
    checkpoint(work.context.signal, TYPE_AGAIN);
    if (bucket !== undefined && status !== 'DELETE_IN_PROGRESS') await emptyBucket(work, bucket);
    checkpoint(work.context.signal, TYPE_AGAIN);
    ending = await deleteStack(work, { ...stack, status });
    if (ending.status === 'DELETE_COMPLETE') return;
    if (!isBucketNotEmpty(ending)) break;
    ({ status } = ending);
    work.context.ui.event({
      type: 'note',
      text: 'Something was uploaded meanwhile; emptying the bucket again.',
    });
  }
  if (isBucketNotEmpty(ending)) {
    throw new UserError('stack_failed', `The bucket ${bucket} fills faster than it can be emptied.`, {
      hint: 'Disable the users that still upload, then type edge-upload destroy again.',
    });
  }
  throw operationFailure(
    work.stackName,
    'Deleting',
    ending,
    'Mend the cause, then type edge-upload destroy again; it goes on with what is left.',
  );
}
