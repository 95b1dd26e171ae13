import { own } from '../../json.ts';
import { changedProperties } from '../stack/bound.ts';
import {
  type Before,
  type CleanUpOperation,
  isPresent,
  nextPhase,
  type ResourceRecord,
  type StackRecord,
  type Superseded,
  type UndoUpdateOperation,
  type UpdateOperation,
} from '../stack/model.ts';
import { runInOrder, within } from '../template/graph.ts';
import { applyAll, bindCurrent } from './apply.ts';
import { tryOutputs } from './create.ts';
import { fail, updatePhysical } from './physical.ts';
import { failureReason } from './reasons.ts';
import { removeSuperseded } from './remove.ts';
import type { StackWork } from './work.ts';

/** Updates the stack to its target, except for the deletion of resources that are no longer part of it. */
export async function runUpdate(work: StackWork, operation: UpdateOperation): Promise<void> {
  const { target, onFailure, before } = operation;
  await applyAll(work, operation);
  const bound = bindCurrent(work, target);
  if (work.failed.length === 0) refuseRemovals(work, (id) => bound.graph.has(id));
  const { failed } = work;
  const outputs = failed.length > 0 ? undefined : tryOutputs(bound);
  if (Array.isArray(outputs)) {
    const left = setAside(work.stack, (id) => bound.graph.has(id), keptByPolicy);
    work.status('UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', undefined, {
      ...left,
      outputs,
      source: target,
      updated: work.at(),
      operation: { kind: 'clean-up', ending: 'UPDATE_COMPLETE', ...nextPhase(operation) },
    });
    return;
  }
  const reason = outputs ?? failureReason(work.stack.resources, failed);
  if (onFailure === 'DO_NOTHING' || before === undefined) {
    // A retry uses "the previous template", which is this one. The operation stays, with the state that a rollback restores.
    work.status('UPDATE_FAILED', reason, { updated: work.at(), source: target });
    return;
  }
  work.status('UPDATE_ROLLBACK_IN_PROGRESS', reason, {
    updated: work.at(),
    operation: { kind: 'undo-update', before, skip: [], ...nextPhase(operation) },
  });
}

/** Fails the resources that the target leaves out and the stack's policy protects from deletion. */
function refuseRemovals(work: StackWork, stays: (logicalId: string) => boolean): void {
  for (const [logicalId, record] of Object.entries(work.stack.resources)) {
    if (stays(logicalId) || !isPresent(record)) continue;
    const denial = work.denial('Update:Delete', logicalId, record.type);
    if (denial !== undefined) fail(work, logicalId, { ...record, status: 'UPDATE_FAILED' }, denial);
  }
}

function keptByPolicy({ deletionPolicy }: ResourceRecord): boolean {
  return deletionPolicy !== 'Delete';
}

/** Moves resources out of the stack. They are deleted when no other resource can refer to them. */
function setAside(
  { resources, superseded }: StackRecord,
  stays: (logicalId: string) => boolean,
  keeps: (record: ResourceRecord) => boolean,
): Pick<StackRecord, 'resources' | 'superseded'> {
  const all = Object.entries(resources);
  const gone = all
    .filter(([id, record]) => !stays(id) && isPresent(record))
    .map(([logicalId, record]): Superseded => ({ ...record, logicalId, keep: keeps(record) }));
  return {
    resources: Object.fromEntries(all.filter(([id]) => stays(id))),
    superseded: [...superseded, ...gone],
  };
}

/** Restores the resources from before the update, in the order of their references. */
export async function undoUpdate(work: StackWork, operation: UndoUpdateOperation): Promise<void> {
  const { before, retainExceptOnCreate } = operation;
  const present = (id: string) => isPresent(own(before.resources, id));
  const graph = new Map(Object.entries(before.resources).map(([id, { needs }]) => [id, new Set(needs)]));
  const failed = await runInOrder(within(graph, present), (id) => restore(work, id, operation));
  if (failed.length > 0) {
    work.status('UPDATE_ROLLBACK_FAILED', failureReason(work.stack.resources, failed), {});
    return;
  }
  const keeps = ({ deletionPolicy, imported }: ResourceRecord) =>
    imported === true || (deletionPolicy === 'Retain' && !retainExceptOnCreate);
  work.status('UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS', undefined, {
    ...setAside(work.stack, present, keeps),
    source: before.source,
    operation: { kind: 'clean-up', ending: 'UPDATE_ROLLBACK_COMPLETE', ...nextPhase(operation) },
  });
}

async function restore(
  work: StackWork,
  logicalId: string,
  { before, skip }: { readonly before: Before; readonly skip: readonly string[] },
): Promise<boolean> {
  if (work.progressOf(logicalId) === 'done') return true;
  const { resources, superseded } = work.stack;
  const was = own(before.resources, logicalId);
  const now = own(resources, logicalId);
  if (was === undefined) return true;
  if (skip.includes(logicalId)) {
    work.resource(logicalId, { ...(now ?? was), status: 'UPDATE_COMPLETE' }, { progress: 'done' });
    return true;
  }
  if (now === undefined || now.suffix !== was.suffix) {
    // It was being replaced: the new one is superseded, and the old one belongs to the stack again.
    const replaced: Superseded[] = now === undefined ? [] : [{ ...now, logicalId, keep: false }];
    const { type, physicalId } = was;
    work.record(
      {
        resources: { ...resources, [logicalId]: { ...was, status: 'UPDATE_COMPLETE', at: work.at() } },
        superseded: [...superseded.filter(({ suffix }) => suffix !== was.suffix), ...replaced],
        ...work.progress(logicalId, 'done'),
      },
      { logicalId, type, physicalId, status: 'UPDATE_IN_PROGRESS' },
      { logicalId, type, physicalId, status: 'UPDATE_COMPLETE' },
    );
    return true;
  }
  const isTouched = !now.status.endsWith('_COMPLETE');
  if (isTouched || changedProperties(now.properties, was.properties).length > 0) {
    return updatePhysical(work, logicalId, { ...was, properties: now.properties }, was.properties, 'undoing');
  }
  work.record({
    resources: { ...resources, [logicalId]: { ...was, status: now.status, at: now.at } },
    ...work.progress(logicalId, 'done'),
  });
  return true;
}

/** Deletes the resources that an update or its rollback has replaced or removed. */
export async function runCleanUp(work: StackWork, { ending }: CleanUpOperation): Promise<void> {
  await removeSuperseded(work, 'forget');
  work.end(ending);
}
