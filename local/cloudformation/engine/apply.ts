import { isDeepStrictEqual } from 'node:util';
import { type JsonObject, own } from '../../json.ts';
import { AwsError } from '../../wire/errors.ts';
import { type BoundTemplate, bind, changedProperties, recreates } from '../stack/bound.ts';
import {
  type CreateOperation,
  isPresent,
  type ResourceRecord,
  type TemplateSource,
  type UpdateOperation,
} from '../stack/model.ts';
import { runInOrder } from '../template/graph.ts';
import { resolve } from '../template/resolve.ts';
import type { Known } from '../template/scope.ts';
import {
  attributesOf,
  createPhysical,
  type DesiredResource,
  fail,
  type HandlerContext,
  pending,
  updatePhysical,
} from './physical.ts';
import type { StackWork } from './work.ts';

/** Binds a source to the stack's current state, which is read at each use. */
export function bindCurrent(work: StackWork, source: TemplateSource): BoundTemplate {
  return bind(source, work.stack, (logicalId): Known => {
    const record = own(work.stack.resources, logicalId);
    if (!isPresent(record) || record.physicalId === undefined) return undefined;
    return { physicalId: record.physicalId, attributes: record.attributes };
  });
}

/**
 * Creates, updates or replaces every resource of the operation's target. After a failure, no other resource is started
 * and running ones count as cancelled. With `DO_NOTHING`, resources that do not depend on the failed one continue:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html
 */
export async function applyAll(work: StackWork, operation: CreateOperation | UpdateOperation): Promise<void> {
  const { template, scope, graph } = bindCurrent(work, operation.target);
  const stopped = () =>
    work.isInterrupted || (operation.onFailure !== 'DO_NOTHING' && work.failed.length > 0);
  const attempt: HandlerContext = {
    isCancelled: stopped,
    importsExisting: operation.target.importsExisting === true,
    revertsDrift: operation.target.revertsDrift === true,
  };
  await runInOrder(
    graph,
    async (logicalId) => {
      const progress = work.progressOf(logicalId);
      if (progress !== undefined) return progress === 'done';
      const definition = template.resources.get(logicalId);
      if (definition === undefined) throw new Error(`${logicalId} is not in its own template`);
      const needs = [...(graph.get(logicalId) ?? [])];
      let properties: JsonObject;
      try {
        properties = resolve(definition.properties, scope) as JsonObject;
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        return refuse(work, logicalId, { definition, properties: {}, needs }, error.message);
      }
      return applyResource(work, logicalId, { definition, properties, needs }, attempt);
    },
    () => !stopped(),
  );
}

/** Fails a resource whose properties cannot be resolved. */
function refuse(work: StackWork, logicalId: string, wanted: DesiredResource, reason: string): boolean {
  const current = own(work.stack.resources, logicalId);
  return isPresent(current)
    ? fail(work, logicalId, { ...current, status: 'UPDATE_FAILED' }, reason)
    : fail(work, logicalId, { ...pending(work, wanted, 'CREATE'), status: 'CREATE_FAILED' }, reason);
}

/** Creates, updates or replaces one resource. Can be repeated after a crash at any point. */
async function applyResource(
  work: StackWork,
  logicalId: string,
  wanted: DesiredResource,
  attempt: HandlerContext,
): Promise<boolean> {
  const current = own(work.stack.resources, logicalId);
  if (!isPresent(current)) return createPhysical(work, logicalId, pending(work, wanted, 'CREATE'), attempt);
  if (current.physicalId === undefined) {
    const record = current.status.endsWith('_IN_PROGRESS')
      ? current
      : pending(work, wanted, current.status.startsWith('UPDATE') ? 'UPDATE' : 'CREATE');
    return createPhysical(work, logicalId, record, attempt);
  }
  const actual = attempt.revertsDrift ? work.actual(current) : 'unsupported';
  if (actual === 'deleted') return createPhysical(work, logicalId, pending(work, wanted, 'UPDATE'), attempt);
  const { definition, properties, needs } = wanted;
  const { metadata, ...kept } = current;
  const next: ResourceRecord = { ...kept, ...attributesOf(definition), needs };
  const changed = changedProperties(actual === 'unsupported' ? current.properties : actual, properties);
  const handler = work.handler(current.type);
  const recreated = changed.some((name) => recreates(handler, name));
  if (changed.length > 0) {
    const denial = work.denial(recreated ? 'Update:Replace' : 'Update:Modify', logicalId, current.type);
    if (denial !== undefined) return fail(work, logicalId, { ...current, status: 'UPDATE_FAILED' }, denial);
  }
  if (recreated) return replace(work, logicalId, wanted, attempt);
  if (changed.length > 0 || !current.status.endsWith('_COMPLETE')) {
    return updatePhysical(work, logicalId, next, properties, attempt);
  }
  if (!isDeepStrictEqual(metadata, definition.metadata)) {
    work.resource(logicalId, { ...next, status: 'UPDATE_IN_PROGRESS' });
    work.resource(logicalId, { ...next, status: 'UPDATE_COMPLETE' }, { progress: 'done' });
    return true;
  }
  work.record({
    resources: { ...work.stack.resources, [logicalId]: next },
    ...work.progress(logicalId, 'done'),
  });
  return true;
}

async function replace(
  work: StackWork,
  logicalId: string,
  wanted: DesiredResource,
  attempt: HandlerContext,
): Promise<boolean> {
  const { resources, superseded } = work.stack;
  const current = own(resources, logicalId);
  if (current === undefined) throw new Error(`${logicalId} is not there to be replaced`);
  const keep = wanted.definition.updateReplacePolicy === 'Retain';
  const record = pending(work, wanted, 'UPDATE');
  const { type, physicalId } = current;
  // One write, so that both physical resources always have a record.
  work.record(
    {
      resources: { ...resources, [logicalId]: record },
      superseded: [...superseded, { ...current, logicalId, keep }],
    },
    {
      logicalId,
      type,
      physicalId,
      status: 'UPDATE_IN_PROGRESS',
      reason: 'Requested update requires the creation of a new physical resource; hence creating one.',
    },
  );
  return createPhysical(work, logicalId, record, attempt);
}
