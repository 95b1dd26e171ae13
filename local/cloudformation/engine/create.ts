import { removeAll } from './delete.ts';
import { failedNames } from './resources.ts';
import { bind, bringAll, outputsOf } from './target.ts';
import type { StackWork } from './work.ts';

/** Runs the create operation to its end, or undoes it. */
export async function runCreate(work: StackWork): Promise<void> {
  const { target, onFailure } = work.operation;
  if (target === undefined) throw new Error('a create operation without a target');
  if (!work.operation.undoing) {
    const failures = await bringAll(work, target);
    if (failures.length === 0) {
      work.rest('CREATE_COMPLETE', undefined, { outputs: outputsOf(bind(target, () => work.stack)) });
      return;
    }
    const reason = `The following resource(s) failed to create: ${failedNames(failures)}. `;
    if (onFailure === 'DO_NOTHING') {
      work.rest('CREATE_FAILED', reason);
      return;
    }
    work.changeOperation({ undoing: true });
    work.status(
      onFailure === 'DELETE' ? 'DELETE_IN_PROGRESS' : 'ROLLBACK_IN_PROGRESS',
      `${reason}${onFailure === 'DELETE' ? 'Delete' : 'Rollback'} requested by user.`,
    );
  }
  // `RetainExceptOnCreate` means just this: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html
  const failures = await removeAll(
    work,
    (_id, { deletionPolicy, physicalId }) => deletionPolicy === 'Retain' && physicalId !== undefined,
  );
  const prefix = onFailure === 'DELETE' ? 'DELETE' : 'ROLLBACK';
  if (failures.length > 0) {
    work.rest(`${prefix}_FAILED`, `The following resource(s) failed to delete: ${failedNames(failures)}. `);
  } else {
    work.rest(`${prefix}_COMPLETE`, undefined, prefix === 'DELETE' ? { deleted: work.at() } : {});
  }
}
