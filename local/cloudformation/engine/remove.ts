import { AwsError } from '../../wire/errors.ts';
import {
  type DeleteOperation,
  isPresent,
  own,
  type ResourceRecord,
  type Superseded,
} from '../stack/model.ts';
import { acyclic, type Graph, inOrder, reversed } from '../template/order.ts';
import { failureReason, handlerReason } from './reasons.ts';
import type { StackWork } from './work.ts';

/** Whether a resource is left to itself when it leaves the stack. */
export type Keeps = (logicalId: string, record: ResourceRecord) => boolean;

/** Whether a killed process can have created the physical resource of a record without recording it. */
function isUncertain({ physicalId, status }: ResourceRecord): boolean {
  return physicalId === undefined && status.endsWith('_IN_PROGRESS');
}

/** Finds out whether an uncertain resource exists by repeating its create call. */
async function certain(work: StackWork, logicalId: string, record: ResourceRecord): Promise<ResourceRecord> {
  if (!isUncertain(record)) return record;
  const { type, suffix, properties } = record;
  const { name: stackName } = work.stack;
  const status = record.status.replace('_IN_PROGRESS', '_FAILED');
  try {
    const create = () => work.handler(type).create({ stackName, logicalId, suffix, properties });
    return { ...record, ...(await work.call(create)), status };
  } catch (error) {
    // What is refused now was not made then: the handler would have found it.
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

/** Takes every resource out of the stack, users first. @returns those that could not be deleted */
export async function removeAll(work: StackWork, keeps: Keeps): Promise<string[]> {
  const present = Object.entries(work.stack.resources).filter(([, record]) => isPresent(record));
  const made: Graph = new Map(present.map(([id, { needs }]) => [id, new Set(needs)]));
  return inOrder(reversed(acyclic(made)), (logicalId) => remove(work, logicalId, keeps));
}

async function remove(work: StackWork, logicalId: string, keeps: Keeps): Promise<boolean> {
  const found = own(work.stack.resources, logicalId);
  if (!isPresent(found)) return true;
  const record = await certain(work, logicalId, found);
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
 * Deletes what replacements, removals or their undoing left behind, users first. What cannot be deleted is told; it is
 * then forgotten, as CloudFormation does after an update, or kept for a later try.
 *
 * @returns whether all of it is gone
 */
export async function removeSuperseded(work: StackWork, afterFailure: 'forget' | 'keep'): Promise<boolean> {
  const { superseded } = work.stack;
  const bySuffix = new Map(superseded.map((one) => [one.suffix, one]));
  const failed = await inOrder(supersededOrder(superseded), async (suffix) => {
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
  const record = await certain(work, logicalId, found);
  const { type, physicalId } = record;
  const tell = (status: string, reason?: string) =>
    work.record({}, { logicalId, type, physicalId, status, reason });
  if (keep && physicalId !== undefined) {
    tell('DELETE_SKIPPED');
    return true;
  }
  if (physicalId !== undefined) tell('DELETE_IN_PROGRESS');
  const reason = await erase(work, logicalId, record);
  tell(reason === undefined ? 'DELETE_COMPLETE' : 'DELETE_FAILED', reason);
  return reason === undefined;
}

/** What must be gone before each can go, by suffix. Generations that need each other go in any order. */
function supersededOrder(superseded: readonly Superseded[]): Graph {
  const made = new Map(
    superseded.map(({ suffix, needs }) => {
      const needed = superseded.filter((other) => other.suffix !== suffix && needs.includes(other.logicalId));
      return [suffix, new Set(needed.map((other) => other.suffix))] as const;
    }),
  );
  return reversed(acyclic(made));
}

/** Deletes the stack's resources, and what an operation that got stuck had left of others. */
export async function runDelete(work: StackWork, { retain }: DeleteOperation): Promise<void> {
  await removeSuperseded(work, 'keep');
  const failed = await removeAll(
    work,
    (logicalId, { deletionPolicy }) => deletionPolicy !== 'Delete' || retain.includes(logicalId),
  );
  // Superseded resources can have been in use by resources that are deleted only now.
  const all = await removeSuperseded(work, 'keep');
  if (failed.length > 0 || !all) {
    work.rest('DELETE_FAILED', failureReason(work.stack.resources, failed));
  } else {
    work.rest('DELETE_COMPLETE', undefined, { deleted: work.at(), changeSets: [], outputs: [] });
  }
}
