import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../../json.ts';
import type { ResourceHandler } from '../../resource.ts';

/** The top-level properties in which two versions of a resource differ, sorted. */
export function changedProperties(before: JsonObject, after: JsonObject): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => !isDeepStrictEqual(before[name], after[name])).sort();
}

/** Whether a change of this property means a new physical resource. */
export function recreates({ replaceOn }: Pick<ResourceHandler, 'replaceOn'>, property: string): boolean {
  return replaceOn.includes(property);
}
