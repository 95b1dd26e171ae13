import type { DeleteOperation } from '../stack/model.ts';
import { failureReason } from './reasons.ts';
import { removeAll, removeSuperseded } from './remove.ts';
import type { StackWork } from './work.ts';

/** Deletes the stack's resources, and what an operation that got stuck had left of others. */
export async function runDelete(work: StackWork, { retain }: DeleteOperation): Promise<void> {
  await removeSuperseded(work, 'keep');
  const failed = await removeAll(
    work,
    (logicalId, { deletionPolicy }) => deletionPolicy !== 'Delete' || retain.includes(logicalId),
  );
  // Some of what was superseded may have been in use by what is gone only now.
  const all = await removeSuperseded(work, 'keep');
  if (failed.length > 0 || !all) {
    work.rest('DELETE_FAILED', failureReason(work.stack.resources, failed));
  } else {
    work.rest('DELETE_COMPLETE', undefined, { deleted: work.at(), changeSets: [], outputs: [] });
  }
}
