import { own } from '../../json.ts';
import { AwsError } from '../../wire/errors.ts';
import { type DeleteOperation, isPresent, type ResourceRecord, type Superseded } from '../stack/model.ts';
import { acyclic, type Graph, reversed, runInOrder } from '../template/graph.ts';
import { failureReason, handlerReason } from './reasons.ts';
import type { StackWork } from './work.ts';

/** Whether a resource is kept when it leaves the stack. */
export type Keeps = (logicalId: string, record: ResourceRecord) => boolean;

/** Whether a killed process can have created the physical resource of a record without recording it. */
function isUncertain({ physicalId, status }: ResourceRecord): boolean {
  return physicalId === undefined && status.endsWith('_IN_PROGRESS');
}

/** Finds out whether an uncertain resource exists by repeating its create call. */
async function confirm(work: StackWork, logicalId: string, record: ResourceRecord): Promise<ResourceRecord> {
  if (!isUncertain(record)) return record;
  const { type, suffix, properties } = record;
  const { name: stackName } = work.stack;
  const status = record.status.replace('_IN_PROGRESS', '_FAILED');
  try {
    const create = () => work.handler(type).create({ stackName, logicalId, suffix, properties });
    return { ...record, ...(await work.call(create)), status };
  } catch (error) {
    // A handler finds a resource that it created before. A refusal means that there is none.
    if (error instanceof AwsError) return { ...record, status };
    throw error;
  }
}

/** Deletes a physical resource. @returns the reason of a failure */
async function erase(
  work: StackWork,
  logicalId: string,
  { type, physicalId, properties }: ResourceRecord,
): Promise<string | undefined> {
  if (physicalId === undefined) return undefined;
  try {
    await work.call(() => {
      work.meetFault(logicalId, 'delete');
      return work.handler(type).delete(physicalId, properties);
    });
    return undefined;
  } catch (error) {
    if (error instanceof AwsError) return handlerReason(error);
    throw error;
  }
}

/** Removes every resource from the stack, dependents first. @returns the ids of those that could not be deleted */
export async function removeAll(work: StackWork, keeps: Keeps): Promise<string[]> {
  const present = Object.entries(work.stack.resources).filter(([, record]) => isPresent(record));
  const made: Graph = new Map(present.map(([id, { needs }]) => [id, new Set(needs)]));
  return runInOrder(reversed(acyclic(made)), (logicalId) => remove(work, logicalId, keeps));
}

async function remove(work: StackWork, logicalId: string, keeps: Keeps): Promise<boolean> {
  const found = own(work.stack.resources, logicalId);
  if (!isPresent(found)) return true;
  const record = await confirm(work, logicalId, found);
  if (record.physicalId === undefined) {
    work.resource(logicalId, { ...record, status: 'DELETE_COMPLETE' });
    return true;
  }
  if (keeps(logicalId, record)) {
    work.resource(logicalId, { ...record, status: 'DELETE_SKIPPED' });
    return true;
  }
  work.resource(logicalId, { ...record, status: 'DELETE_IN_PROGRESS' });
  const reason = await erase(work, logicalId, record);
  const status = reason === undefined ? 'DELETE_COMPLETE' : 'DELETE_FAILED';
  work.resource(logicalId, { ...record, status }, { reason });
  return reason === undefined;
}

/**
 * Deletes superseded resources, dependents first, and reports failures in events.
 *
 * @param afterFailure `forget` drops the record, as CloudFormation does after an update; `keep` allows a later try
 * @returns whether every record is gone
 */
export async function removeSuperseded(work: StackWork, afterFailure: 'forget' | 'keep'): Promise<boolean> {
  const { superseded } = work.stack;
  const bySuffix = new Map(superseded.map((one) => [one.suffix, one]));
  const failed = await runInOrder(supersededOrder(superseded), async (suffix) => {
    const one = bySuffix.get(suffix);
    if (one === undefined) return true;
    const gone = await removeOne(work, one);
    if (gone || afterFailure === 'forget') drop(work, suffix);
    return gone || afterFailure === 'forget';
  });
  return failed.length === 0;
}

function drop(work: StackWork, suffix: string): void {
  work.record({ superseded: work.stack.superseded.filter((one) => one.suffix !== suffix) });
}

async function removeOne(work: StackWork, one: Superseded): Promise<boolean> {
  const { logicalId, keep, ...found } = one;
  const record = await confirm(work, logicalId, found);
  const { type, physicalId } = record;
  const report = (status: string, reason?: string) =>
    work.record({}, { logicalId, type, physicalId, status, reason });
  if (keep && physicalId !== undefined) {
    report('DELETE_SKIPPED');
    return true;
  }
  if (physicalId !== undefined) report('DELETE_IN_PROGRESS');
  const reason = await erase(work, logicalId, record);
  report(reason === undefined ? 'DELETE_COMPLETE' : 'DELETE_FAILED', reason);
  return reason === undefined;
}

/** Returns what must be deleted before each resource, by suffix. Resources in a cycle are deleted in any order. */
function supersededOrder(superseded: readonly Superseded[]): Graph {
  const made = new Map(
    superseded.map(({ suffix, needs }) => {
      const needed = superseded.filter((other) => other.suffix !== suffix && needs.includes(other.logicalId));
      return [suffix, new Set(needed.map((other) => other.suffix))] as const;
    }),
  );
  return reversed(acyclic(made));
}

/** Deletes the stack's resources, and superseded ones that an earlier operation could not delete. */
export async function runDelete(work: StackWork, { retain }: DeleteOperation): Promise<void> {
  await removeSuperseded(work, 'keep');
  const failed = await removeAll(
    work,
    (logicalId, { deletionPolicy }) => deletionPolicy !== 'Delete' || retain.includes(logicalId),
  );
  // Superseded resources can have been in use by resources that are deleted only now.
  const all = await removeSuperseded(work, 'keep');
  if (failed.length > 0 || !all) {
    work.end('DELETE_FAILED', failureReason(work.stack.resources, failed));
  } else {
    work.end('DELETE_COMPLETE', undefined, { deleted: work.at(), changeSets: [], outputs: [] });
  }
}
