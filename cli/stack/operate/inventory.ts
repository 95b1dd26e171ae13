import {
  type FoundStack,
  physicalIds,
  resourcesIfThere,
  type StackResource,
  type StackWork,
} from '../find-stack.ts';
import { templateIfThere } from '../template/template.ts';
import { contentOf, type FoundKept } from './kept.ts';
import { BUCKET, dataOf, isData, keptIds } from './kept-data.ts';

/** The resources of a stack, and those that its deletion retains. */
export interface Inventory {
  readonly goes: readonly StackResource[];
  /** Data that is retained. */
  readonly stays: readonly StackResource[];
  readonly functions: readonly string[];
  readonly domain: string | undefined;
  /** Whether the stack's template must be changed to retain its buckets. */
  readonly tellToKeep: boolean;
}

/** @param keepData keeps every bucket of the stack, against its options if need be */
export async function takeInventory(
  work: StackWork,
  stack: FoundStack,
  keepData: boolean,
): Promise<Inventory> {
  const all = await resourcesIfThere(work, stack);
  const template = await templateIfThere(work, stack);
  const kept = template === undefined ? [] : keptIds(template);
  const resources = all.filter(({ status }) => status !== 'DELETE_COMPLETE');
  const stays = (one: StackResource) =>
    isData(one) && (kept.includes(one.logicalId) || (keepData && one.type === BUCKET));
  return {
    goes: resources.filter((one) => !stays(one)),
    stays: resources.filter(stays),
    functions: physicalIds(resources, 'AWS::Lambda::Function'),
    domain: stack.outputs.domain,
    tellToKeep: resources.some((one) => stays(one) && !kept.includes(one.logicalId)),
  };
}

/** A resource with data, and its amount, such as `2 objects, 3.10 MiB`. */
export type CountedData = Pick<FoundKept, 'type' | 'name' | 'holds'>;

/**
 * Counts the data of resources. Leaves out a resource that was deleted meanwhile.
 * @param content `countedContent` for retained data, which the operator may not be allowed to read.
 */
export async function countData(
  work: StackWork,
  resources: readonly StackResource[],
  content: typeof contentOf = contentOf,
): Promise<CountedData[]> {
  const counted = dataOf(resources).map(async (one) => {
    const holds = await content(work, one);
    return holds === undefined ? [] : [{ ...one, holds }];
  });
  return (await Promise.all(counted)).flat();
}
