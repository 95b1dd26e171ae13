import { omitUndefined } from '../../../protocol/fields.ts';
import { type JsonObject, own } from '../../json.ts';
import type { ResourceState } from '../../resource.ts';
import { LOWER_CASE_AND_DIGITS, randomText } from '../../secrets.ts';
import { AwsError } from '../../wire/errors.ts';
import type { ResourceRecord } from '../stack/model.ts';
import type { TemplateResource } from '../template/parse.ts';
import { handlerReason } from './reasons.ts';
import type { EventContent, StackWork } from './work.ts';

/** A resource as the template defines it. */
export interface DesiredResource {
  readonly definition: TemplateResource;
  readonly properties: JsonObject;
  /** Logical ids of the resources that it refers to. */
  readonly needs: readonly string[];
}

/** Returns the attributes of a resource in a template, except its properties. */
export function attributesOf({ deletionPolicy, updateReplacePolicy, metadata }: TemplateResource) {
  return { deletionPolicy, updateReplacePolicy, ...omitUndefined({ metadata }) };
}

/** The operation that a call to a handler is part of. */
export interface HandlerContext {
  /** Whether another resource failed during the call. */
  readonly isCancelled: () => boolean;
  /** Existing resources with the given names are imported into the stack. */
  readonly importsExisting: boolean;
  readonly revertsDrift: boolean;
}

/** As in `CreateRequest`. */
const SUFFIX_LENGTH = 20;

/** Returns the record of a physical resource before its creation: `CREATE` for a new one, `UPDATE` for a replacement. */
export function pending(
  work: StackWork,
  { definition, properties, needs }: DesiredResource,
  verb: 'CREATE' | 'UPDATE',
): ResourceRecord {
  return {
    type: definition.type,
    status: `${verb}_IN_PROGRESS`,
    at: work.at(),
    suffix: randomText(LOWER_CASE_AND_DIGITS, SUFFIX_LENGTH),
    attributes: {},
    properties,
    ...attributesOf(definition),
    needs,
  };
}

/** Records that a resource failed. @returns false */
export function fail(work: StackWork, logicalId: string, record: ResourceRecord, reason: string): false {
  work.resource(logicalId, record, { reason, progress: 'failed' });
  return false;
}

/** Creates the physical resource of a pending record. After a crash, finds what the first attempt created. */
export async function createPhysical(
  work: StackWork,
  logicalId: string,
  record: ResourceRecord,
  attempt: HandlerContext,
): Promise<boolean> {
  const verb = record.status.startsWith('UPDATE') ? 'UPDATE' : 'CREATE';
  if (own(work.stack.resources, logicalId)?.suffix !== record.suffix) work.resource(logicalId, record);
  const { type, suffix, properties, metadata } = record;
  const { name: stackName, source } = work.stack;
  const stackTags = source.tags;
  const existing = attempt.importsExisting ? work.handler(type).existing?.(properties) : undefined;
  if (existing !== undefined) {
    const imported: ResourceRecord = { ...record, ...existing, imported: true };
    return settle(work, logicalId, imported, { verb: 'IMPORT', attempt });
  }
  const state = await stateOrReason(work, () => {
    work.meetFault(logicalId, 'create');
    return work.handler(type).create({ stackName, logicalId, suffix, properties, metadata, stackTags });
  });
  if (typeof state === 'string') {
    return fail(work, logicalId, { ...record, status: `${verb}_FAILED` }, state);
  }
  const made = { ...record, ...state };
  const { physicalId } = made;
  const initiated = {
    logicalId,
    type,
    physicalId,
    status: `${verb}_IN_PROGRESS`,
    reason: 'Resource creation Initiated',
  };
  return settle(work, logicalId, made, { verb, attempt, before: [initiated] });
}

/** Updates a physical resource in place, also to undo an update. */
export async function updatePhysical(
  work: StackWork,
  logicalId: string,
  current: ResourceRecord,
  properties: JsonObject,
  attempt: HandlerContext | 'undoing',
): Promise<boolean> {
  work.resource(logicalId, { ...current, status: 'UPDATE_IN_PROGRESS' });
  const { type, physicalId = '', properties: previous, metadata } = current;
  const state = await stateOrReason(work, () => {
    work.meetFault(logicalId, attempt === 'undoing' ? 'rollback' : 'update');
    return work
      .handler(type)
      .update({ physicalId, properties, metadata, previous, stackTags: work.stack.source.tags });
  });
  if (typeof state === 'string') {
    return fail(work, logicalId, { ...current, status: 'UPDATE_FAILED' }, state);
  }
  return settle(work, logicalId, { ...current, ...state, properties }, { verb: 'UPDATE', attempt });
}

interface Settling {
  readonly verb: 'CREATE' | 'UPDATE' | 'IMPORT';
  readonly attempt: HandlerContext | 'undoing';
  readonly before?: readonly EventContent[];
}

/** Records a created or updated physical resource, or its cancellation. */
function settle(
  work: StackWork,
  logicalId: string,
  record: ResourceRecord,
  { verb, attempt, before = [] }: Settling,
): boolean {
  if (attempt === 'undoing' || !attempt.isCancelled()) {
    work.resource(logicalId, { ...record, status: `${verb}_COMPLETE` }, { progress: 'done', before });
    return true;
  }
  const reason = `Resource ${verb === 'UPDATE' ? 'update' : 'creation'} cancelled`;
  work.resource(logicalId, { ...record, status: `${verb}_FAILED` }, { reason, progress: 'failed', before });
  return false;
}

/** Calls a handler. Returns the resource's state, or the reason of a refusal. */
async function stateOrReason(
  work: StackWork,
  ask: () => Promise<ResourceState>,
): Promise<ResourceState | string> {
  try {
    return await work.call(ask);
  } catch (error) {
    if (error instanceof AwsError) return handlerReason(error);
    throw error;
  }
}
