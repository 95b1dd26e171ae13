import type { ResourceRecord } from '../stack/model.ts';
import { type Graph, inOrder, reversed } from '../template/graph.ts';
import { erase, failedNames, remove } from './resources.ts';
import { reasonOf, type StackWork } from './work.ts';

/** What must be gone before each resource can go, from what each was made with. */
function removalOrder(resources: Readonly<Record<string, ResourceRecord>>): Graph {
  const made = Object.entries(resources).map(
    ([id, { needs }]) => [id, new Set(needs.filter((need) => need in resources))] as const,
  );
  return reversed(new Map(made));
}

/** Removes all resources, those that are to be kept apart. @returns the failures */
export async function removeAll(
  work: StackWork,
  keeps: (logicalId: string, record: ResourceRecord) => boolean,
): Promise<unknown[]> {
  const { resources } = work.stack;
  return inOrder(removalOrder(resources), 'go-on', async (logicalId) => {
    const record = resources[logicalId];
    if (record !== undefined) await remove(work, logicalId, keeps(logicalId, record));
  });
}

/** Runs the delete operation to its end. */
export async function runDelete(work: StackWork): Promise<void> {
  const { retain } = work.operation;
  const failures = await removeAll(
    work,
    (id, { deletionPolicy }) => deletionPolicy !== 'Delete' || retain.includes(id),
  );
  if (failures.length > 0) {
    work.rest('DELETE_FAILED', `The following resource(s) failed to delete: ${failedNames(failures)}. `);
  } else {
    work.rest('DELETE_COMPLETE', undefined, { deleted: work.at(), changeSets: [], outputs: [] });
  }
}

/** Deletes what an update (or its undoing) left behind. What cannot be deleted is told and left, as CloudFormation does. */
export async function cleanUp(work: StackWork): Promise<void> {
  for (const superseded of [...work.stack.superseded].reverse()) {
    const { logicalId, ...record } = superseded;
    if (record.updateReplacePolicy !== 'Delete') work.told(logicalId, record, 'DELETE_SKIPPED');
    else {
      work.told(logicalId, record, 'DELETE_IN_PROGRESS');
      try {
        await erase(work, logicalId, record);
        work.told(logicalId, record, 'DELETE_COMPLETE');
      } catch (error) {
        work.told(logicalId, record, 'DELETE_FAILED', reasonOf(error));
      }
    }
    work.change({ superseded: work.stack.superseded.filter((one) => one.suffix !== superseded.suffix) });
  }
}
