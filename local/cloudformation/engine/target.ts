import type { JsonObject } from '../../json.ts';
import type { OutputRecord, Source, StackRecord } from '../stack/model.ts';
import { dependencies, type Graph, inOrder } from '../template/graph.ts';
import { resolve, type Scope } from '../template/intrinsics.ts';
import { parseTemplate, type Template } from '../template/parse.ts';
import { stackScope, wantedResources } from '../template/scope.ts';
import { bring } from './resources.ts';
import type { StackWork } from './work.ts';

/** A source read and bound to a stack. */
export interface BoundTemplate {
  readonly template: Template;
  readonly scope: Scope;
  /** The resources that its conditions let in, and what each waits for. */
  readonly graph: Graph;
}

/** Reads a source in the light of what the stack's resources are at the moment of each look. */
export function bind({ template: body, parameters }: Source, look: () => StackRecord): BoundTemplate {
  const template = parseTemplate(body);
  const { id, name } = look();
  const scope = stackScope(template, { id, name }, parameters, (logicalId) => {
    const record = look().resources[logicalId];
    if (record?.physicalId === undefined || record.status.startsWith('DELETE_')) return undefined;
    return { physicalId: record.physicalId, attributes: record.attributes };
  });
  const wanted = new Set(wantedResources(template, scope));
  const all = dependencies(template);
  const graph = new Map(
    [...wanted].map((logicalId) => [
      logicalId,
      new Set([...(all.get(logicalId) ?? [])].filter((need) => wanted.has(need))),
    ]),
  );
  return { template, scope, graph };
}

/** Brings every resource to what the source says. @returns the failures */
export async function bringAll(work: StackWork, source: Source): Promise<unknown[]> {
  const { template, scope, graph } = bind(source, () => work.stack);
  return inOrder(graph, 'stop', async (logicalId) => {
    const definition = template.resources[logicalId];
    if (definition === undefined) throw new Error(`${logicalId} is not in its own template`);
    const properties = resolve(definition.properties, scope) as JsonObject;
    await bring(work, logicalId, { definition, properties, needs: [...(graph.get(logicalId) ?? [])] });
  });
}

function word(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The stack's outputs, computed once its resources are there. */
export function outputsOf({ template, scope }: BoundTemplate): OutputRecord[] {
  return Object.entries(template.outputs)
    .filter(([, { condition }]) => condition === undefined || scope.condition(condition))
    .map(([key, { value, description, exportName }]) => ({
      key,
      value: word(resolve(value, scope)),
      ...(description === undefined ? {} : { description }),
      ...(exportName === undefined ? {} : { exportName: word(resolve(exportName, scope)) }),
    }));
}
