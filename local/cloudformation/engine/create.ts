import { AwsError } from '../../wire/errors.ts';
import { type BoundTemplate, outputsOf } from '../stack/bound.ts';
import {
  type CreateOperation,
  nextPhase,
  type OutputRecord,
  type UndoCreateOperation,
} from '../stack/model.ts';
import { applyAll, bindCurrent } from './apply.ts';
import { failureReason } from './reasons.ts';
import { removeAll, removeSuperseded } from './remove.ts';
import type { StackWork } from './work.ts';

/** Creates the stack's resources and outputs. */
export async function runCreate(work: StackWork, operation: CreateOperation): Promise<void> {
  const { target, onFailure } = operation;
  await applyAll(work, operation);
  if (work.isInterrupted) return;
  const { failed } = work;
  const outputs = failed.length > 0 ? undefined : tryOutputs(bindCurrent(work, target));
  if (Array.isArray(outputs)) {
    work.end('CREATE_COMPLETE', undefined, { outputs });
    return;
  }
  const reason = outputs ?? failureReason(work.stack.resources, failed);
  if (onFailure === 'DO_NOTHING') {
    work.end('CREATE_FAILED', reason);
    return;
  }
  const why = `${reason}${onFailure === 'DELETE' ? 'Delete' : 'Rollback'} requested by user.`;
  work.status(`${onFailure}_IN_PROGRESS`, why, {
    operation: { kind: 'undo-create', ending: onFailure, ...nextPhase(operation) },
  });
}

/** Returns the outputs, or the reason why there are none. */
export function tryOutputs(bound: BoundTemplate): OutputRecord[] | string {
  try {
    return outputsOf(bound);
  } catch (error) {
    if (error instanceof AwsError) return `${error.message}. `;
    throw error;
  }
}

/** Deletes the resources of a failed creation. */
export async function undoCreate(work: StackWork, operation: UndoCreateOperation): Promise<void> {
  const { ending, retainExceptOnCreate } = operation;
  await removeSuperseded(work, 'keep');
  // The effect of `RetainExceptOnCreate`: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html
  const failed = await removeAll(
    work,
    (_id, { deletionPolicy, imported }) =>
      imported === true || (deletionPolicy === 'Retain' && !retainExceptOnCreate),
  );
  const all = await removeSuperseded(work, 'keep');
  if (failed.length > 0 || !all) {
    work.end(`${ending}_FAILED`, failureReason(work.stack.resources, failed));
  } else {
    work.end(`${ending}_COMPLETE`, undefined, ending === 'DELETE' ? { deleted: work.at() } : {});
  }
}
