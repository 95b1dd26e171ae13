import { randomInt } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../../json.ts';
import type { ResourceRecord } from '../stack/model.ts';
import type { TemplateResource } from '../template/parse.ts';
import { reasonOf, type StackWork } from './work.ts';

/** A resource that could not be made, changed or removed; its event has been written. */
export class ResourceFailure extends Error {
  readonly logicalId: string;

  constructor(logicalId: string) {
    super(`${logicalId} failed`);
    this.logicalId = logicalId;
  }
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

function newSuffix(): string {
  return Array.from({ length: 20 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

/** The top-level properties in which two versions of a resource differ. */
export function changedProperties(before: JsonObject, after: JsonObject): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => !isDeepStrictEqual(before[name], after[name])).sort();
}

interface Wanted {
  readonly definition: TemplateResource;
  readonly properties: JsonObject;
  readonly needs: readonly string[];
}

/** Makes, changes or replaces a resource so that it is as the template wants it. Repeatable after a crash. */
export async function bring(work: StackWork, logicalId: string, wanted: Wanted): Promise<void> {
  if (work.operation.done.includes(logicalId)) return;
  const { definition, properties, needs } = wanted;
  const current = work.stack.resources[logicalId];
  if (current?.physicalId === undefined || current.status === 'DELETE_COMPLETE') {
    await create(
      work,
      logicalId,
      wanted,
      current?.status === 'CREATE_IN_PROGRESS' ? current.suffix : newSuffix(),
    );
  } else {
    const changed = changedProperties(current.properties, properties);
    const { replaceOn } = work.handler(current.type);
    const { deletionPolicy, updateReplacePolicy } = definition;
    if (current.type !== definition.type || changed.some((name) => replaceOn.includes(name))) {
      const suffix = newSuffix();
      // One write: the old resource is never without a record.
      work.change({
        superseded: [...work.stack.superseded, { ...current, logicalId }],
        resources: { ...work.stack.resources, [logicalId]: pending(work, wanted, suffix) },
      });
      work.told(
        logicalId,
        current,
        'UPDATE_IN_PROGRESS',
        'Requested update requires the creation of a new physical resource; hence creating one.',
      );
      await create(work, logicalId, wanted, suffix);
    } else if (changed.length > 0) {
      await update(work, logicalId, { ...current, deletionPolicy, updateReplacePolicy, needs }, properties);
    } else {
      const { resources } = work.stack;
      work.change({
        resources: { ...resources, [logicalId]: { ...current, deletionPolicy, updateReplacePolicy, needs } },
      });
    }
  }
  work.done(logicalId);
}

function pending(work: StackWork, { definition, properties, needs }: Wanted, suffix: string): ResourceRecord {
  const { type, deletionPolicy, updateReplacePolicy } = definition;
  return {
    type,
    status: 'CREATE_IN_PROGRESS',
    at: work.at(),
    suffix,
    attributes: {},
    properties,
    deletionPolicy,
    updateReplacePolicy,
    needs,
  };
}

async function create(work: StackWork, logicalId: string, wanted: Wanted, suffix: string): Promise<void> {
  const record = pending(work, wanted, suffix);
  work.resource(logicalId, record);
  try {
    await work.fault(logicalId);
    const { physicalId, attributes } = await work.handler(record.type).create({
      stackName: work.stack.name,
      logicalId,
      suffix,
      properties: wanted.properties,
    });
    const made = { ...record, physicalId, attributes };
    work.resource(logicalId, made, 'Resource creation Initiated');
    work.resource(logicalId, { ...made, status: 'CREATE_COMPLETE' });
  } catch (error) {
    work.resource(logicalId, { ...record, status: 'CREATE_FAILED' }, reasonOf(error));
    throw new ResourceFailure(logicalId);
  }
}

/** Changes a resource in place; also back again, when an update is undone. */
export async function update(
  work: StackWork,
  logicalId: string,
  current: ResourceRecord,
  properties: JsonObject,
): Promise<void> {
  work.resource(logicalId, { ...current, status: 'UPDATE_IN_PROGRESS' });
  try {
    if (!work.operation.undoing) await work.fault(logicalId);
    const { physicalId = '', properties: previous } = current;
    const state = await work.handler(current.type).update({ physicalId, properties, previous });
    work.resource(logicalId, { ...current, ...state, properties, status: 'UPDATE_COMPLETE' });
  } catch (error) {
    work.resource(logicalId, { ...current, status: 'UPDATE_FAILED' }, reasonOf(error));
    throw new ResourceFailure(logicalId);
  }
}

/**
 * Deletes the physical resource of a record. One whose create call a crash interrupted may exist without its id being
 * known: the call is repeated, which finds it.
 */
export async function erase(work: StackWork, logicalId: string, record: ResourceRecord): Promise<void> {
  const { type, suffix, properties, status } = record;
  const handler = work.handler(type);
  let { physicalId } = record;
  if (physicalId === undefined && status === 'CREATE_IN_PROGRESS') {
    ({ physicalId } = await handler.create({ stackName: work.stack.name, logicalId, suffix, properties }));
  }
  if (physicalId !== undefined) await handler.delete(physicalId, properties);
}

/** Takes a resource out of the stack, or leaves it to itself where its policy says so. */
export async function remove(work: StackWork, logicalId: string, retain: boolean): Promise<void> {
  const record = work.stack.resources[logicalId];
  if (record === undefined || record.status === 'DELETE_COMPLETE' || record.status === 'DELETE_SKIPPED')
    return;
  if (retain) {
    work.resource(logicalId, { ...record, status: 'DELETE_SKIPPED' });
    return;
  }
  const interrupted = record.physicalId === undefined && record.status === 'CREATE_IN_PROGRESS';
  if (!interrupted) work.resource(logicalId, { ...record, status: 'DELETE_IN_PROGRESS' });
  try {
    await erase(work, logicalId, record);
    work.resource(logicalId, { ...record, status: 'DELETE_COMPLETE' });
  } catch (error) {
    work.resource(logicalId, { ...record, status: 'DELETE_FAILED' }, reasonOf(error));
    throw new ResourceFailure(logicalId);
  }
}

/** What failed, as the stack's reason names it. */
export function failedNames(failures: readonly unknown[]): string {
  const names = failures.map((failure) => {
    if (failure instanceof ResourceFailure) return failure.logicalId;
    throw failure;
  });
  return `[${names.join(', ')}]`;
}
