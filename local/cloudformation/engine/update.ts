import type { ResourceRecord, Superseded } from '../stack/model.ts';
import { inOrder } from '../template/graph.ts';
import { cleanUp } from './delete.ts';
import { changedProperties, failedNames, update } from './resources.ts';
import { bind, bringAll, outputsOf } from './target.ts';
import type { StackWork } from './work.ts';

/** Runs the update operation to its end, or undoes it. */
export async function runUpdate(work: StackWork): Promise<void> {
  if (work.operation.undoing) return undo(work);
  const { target } = work.operation;
  if (target === undefined) throw new Error('an update operation without a target');
  if (work.stack.status !== 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS') {
    const failures = await bringAll(work, target);
    if (failures.length > 0) {
      const reason = `The following resource(s) failed to update: ${failedNames(failures)}. `;
      if (work.operation.onFailure === 'DO_NOTHING') {
        work.rest('UPDATE_FAILED', reason);
        return undefined;
      }
      work.changeOperation({ undoing: true });
      work.status('UPDATE_ROLLBACK_IN_PROGRESS', reason);
      return undo(work);
    }
    const bound = bind(target, () => work.stack);
    supersede(work, (id) => !bound.graph.has(id));
    work.status('UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', undefined, {
      outputs: outputsOf(bound),
      source: target,
      updated: work.at(),
    });
  }
  await cleanUp(work);
  work.rest('UPDATE_COMPLETE');
  return undefined;
}

/** Takes resources out of the stack's own; they are deleted when nothing can refer to them any more. */
function supersede(work: StackWork, leaves: (logicalId: string) => boolean): void {
  const all = Object.entries(work.stack.resources);
  const gone = all.filter(([id]) => leaves(id));
  // What leaves the template is kept by its deletion policy, what is replaced by its update-replace policy.
  const superseded = gone
    .filter(([, { status }]) => status !== 'DELETE_COMPLETE')
    .map(([logicalId, record]): Superseded => {
      const unmade = work.operation.undoing && record.deletionPolicy === 'RetainExceptOnCreate';
      return { ...record, logicalId, updateReplacePolicy: unmade ? 'Delete' : record.deletionPolicy };
    });
  work.change({
    resources: Object.fromEntries(all.filter(([id]) => !leaves(id))),
    superseded: [...work.stack.superseded, ...superseded],
  });
}

/** Restores what was before the update, in the order in which it was once made. */
async function undo(work: StackWork): Promise<void> {
  const { before } = work.operation;
  if (before === undefined) throw new Error('an update operation without what was before');
  if (work.stack.status === 'UPDATE_ROLLBACK_IN_PROGRESS') {
    const graph = new Map(
      Object.entries(before.resources).map(([id, { needs }]) => [
        id,
        new Set(needs.filter((need) => need in before.resources)),
      ]),
    );
    const failures = await inOrder(graph, 'stop', async (id) => {
      const was = before.resources[id];
      if (was !== undefined) await restore(work, id, was);
    });
    if (failures.length > 0) {
      work.status(
        'UPDATE_ROLLBACK_FAILED',
        `The following resource(s) failed to update: ${failedNames(failures)}. `,
      );
      return;
    }
    supersede(work, (id) => !(id in before.resources));
    work.status('UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS', undefined, { source: before.source });
  }
  await cleanUp(work);
  work.rest('UPDATE_ROLLBACK_COMPLETE');
}

async function restore(work: StackWork, logicalId: string, was: ResourceRecord): Promise<void> {
  const { resources, superseded } = work.stack;
  const now = resources[logicalId];
  if (now === undefined || now.suffix !== was.suffix) {
    // It was being replaced: the new one is superseded, the old one is the stack's own again.
    const replaced: Superseded[] =
      now === undefined ? [] : [{ ...now, logicalId, updateReplacePolicy: 'Delete' }];
    work.change({
      resources: { ...resources, [logicalId]: was },
      superseded: [...superseded.filter(({ suffix }) => suffix !== was.suffix), ...replaced],
    });
    work.told(logicalId, was, 'UPDATE_COMPLETE');
    return;
  }
  const touched = now.status === 'UPDATE_FAILED' || now.status === 'UPDATE_IN_PROGRESS';
  if (touched || changedProperties(now.properties, was.properties).length > 0) {
    await update(work, logicalId, { ...was, properties: now.properties }, was.properties);
  }
}
