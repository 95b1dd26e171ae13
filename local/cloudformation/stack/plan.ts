import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../../json.ts';
import type { ResourceHandler } from '../../resource.ts';
import { changedProperties } from '../engine/resources.ts';
import { dependencies } from '../template/graph.ts';
import { resolve } from '../template/intrinsics.ts';
import { parseTemplate } from '../template/parse.ts';
import { type KnownResource, stackScope, wantedResources } from '../template/scope.ts';
import type { PlannedChange, ResourceRecord, Source, StackRecord } from './model.ts';

type Handlers = ReadonlyMap<string, ResourceHandler>;

/** Stands for every id and attribute of a resource that is still to be made: different from all that is. */
function unknownYet(logicalId: string): KnownResource {
  const name = `{{known after apply: ${logicalId}}}`;
  return {
    physicalId: name,
    attributes: new Proxy({}, { get: (_target, attribute) => `${name}.${String(attribute)}` }),
  };
}

/** What a source would change in a stack, as a change set lists it. */
export function planChanges(
  stack: StackRecord,
  { template: body, parameters }: Source,
  handlers: Handlers,
): PlannedChange[] {
  const template = parseTemplate(body);
  const settled = new Map<string, KnownResource>();
  const scope = stackScope(template, stack, parameters, (id) => settled.get(id));
  const wanted = wantedResources(template, scope);
  const graph = dependencies(template);
  const there = (id: string): (ResourceRecord & { physicalId: string }) | undefined => {
    const record = stack.resources[id];
    if (record?.physicalId === undefined || record.status === 'DELETE_COMPLETE') return undefined;
    return { ...record, physicalId: record.physicalId };
  };
  const changes: PlannedChange[] = [];
  const judged = new Set<string>();
  const judge = (id: string): void => {
    const definition = template.resources[id];
    if (definition === undefined || judged.has(id)) return;
    judged.add(id);
    for (const need of graph.get(id) ?? []) judge(need);
    if (!wanted.includes(id)) return;
    const change = changeOf(
      id,
      definition.type,
      resolve(definition.properties, scope) as JsonObject,
      there(id),
      handlers,
    );
    if (change !== undefined) changes.push(change);
    const current = there(id);
    settled.set(id, current === undefined || change?.replacement === 'True' ? unknownYet(id) : current);
  };
  for (const id of Object.keys(template.resources)) judge(id);
  for (const [logicalId, { type }] of Object.entries(stack.resources)) {
    const physicalId = there(logicalId)?.physicalId;
    if (physicalId !== undefined && !wanted.includes(logicalId)) {
      changes.push({ action: 'Remove', logicalId, physicalId, type, properties: [] });
    }
  }
  return changes;
}

function changeOf(
  logicalId: string,
  type: string,
  properties: JsonObject,
  current: (ResourceRecord & { physicalId: string }) | undefined,
  handlers: Handlers,
): PlannedChange | undefined {
  if (current === undefined) return { action: 'Add', logicalId, type, properties: [] };
  const replaceOn = handlers.get(type)?.replaceOn ?? [];
  const changed = changedProperties(current.properties, properties).map((name) => ({
    name,
    recreates: replaceOn.includes(name),
  }));
  const replaced = current.type !== type || changed.some(({ recreates }) => recreates);
  if (changed.length === 0 && !replaced) return undefined;
  const { physicalId } = current;
  return {
    action: 'Modify',
    logicalId,
    physicalId,
    type,
    replacement: replaced ? 'True' : 'False',
    properties: changed,
  };
}

/** Whether an update to this source would do nothing: no resource, output or tag changes. */
export function changesNothing(
  stack: StackRecord,
  source: Source,
  changes: readonly PlannedChange[],
): boolean {
  const outputs = ({ template }: Source) => parseTemplate(template).outputs;
  return (
    changes.length === 0 &&
    isDeepStrictEqual(outputs(stack.source), outputs(source)) &&
    isDeepStrictEqual(stack.source.tags, source.tags)
  );
}
