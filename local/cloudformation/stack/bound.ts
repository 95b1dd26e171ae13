import { isDeepStrictEqual } from 'node:util';
import { omitUndefined } from '../../../protocol/fields.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { ResourceHandler } from '../../resource.ts';
import { type Graph, within } from '../template/graph.ts';
import { dependencies } from '../template/names.ts';
import { parseTemplate, type Template } from '../template/parse.ts';
import { resolve, type TemplateScope } from '../template/resolve.ts';
import { desiredResources, type Known, stackScope } from '../template/scope.ts';
import type { OutputRecord, StackRecord, TemplateSource } from './model.ts';

/** A template and the values of its names in one stack. */
export interface BoundTemplate {
  readonly template: Template;
  readonly scope: TemplateScope;
  /** The resources that the conditions include, and their dependencies. */
  readonly graph: Graph;
}

/** @param resource Returns the known state of a resource. Called at each use. */
export function bind(
  { template: body, parameters }: TemplateSource,
  { id, name }: Pick<StackRecord, 'id' | 'name'>,
  resource: (logicalId: string) => Known,
): BoundTemplate {
  const template = parseTemplate(body);
  const scope = stackScope(template, { id, name, parameters, resource });
  const wanted = desiredResources(template, scope);
  return { template, scope, graph: within(dependencies(template), (logicalId) => wanted.has(logicalId)) };
}

/** Returns the stack's outputs. Throws if a resource that they use does not exist yet. */
export function outputsOf({ template, scope }: BoundTemplate): OutputRecord[] {
  return [...template.outputs]
    .filter(([, { condition }]) => condition === undefined || scope.condition(condition))
    .map(([key, { value, description, exportName }]) => ({
      key,
      value: outputText(resolve(value, scope)),
      ...omitUndefined({ description }),
      ...(exportName === undefined ? {} : { exportName: outputText(resolve(exportName, scope)) }),
    }));
}

function outputText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Returns the names of the top-level properties that differ, sorted. */
export function changedProperties(before: JsonObject, after: JsonObject): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => !isDeepStrictEqual(before[name], after[name])).sort();
}

/** Whether a change of this property replaces the resource. */
export function recreates({ replaceOn }: Pick<ResourceHandler, 'replaceOn'>, property: string): boolean {
  return replaceOn.includes(property);
}
