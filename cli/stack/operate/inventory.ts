import {
  type FoundStack,
  physicalIds,
  resourcesIfThere,
  type StackResource,
  type StackWork,
} from '../find-stack.ts';
import type { Kept } from '../remains.ts';
import { templateIfThere } from '../template/template.ts';
import { contentOf, type FoundKept } from './kept.ts';

/** The part of a template that decides what the stack's deletion retains. */
export interface RetainingTemplate {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
}

interface TemplateResource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly Metadata?: object;
}

export const BUCKET = 'AWS::S3::Bucket';
export const POOL = 'AWS::Cognito::UserPool';

/** Resource types whose content a deployment can keep. */
const DATA_TYPES: readonly string[] = [BUCKET, POOL];

const NAMES = ['bucket', 'log bucket', 'user pool'] as const;

function dataName({ type, logicalId }: StackResource): Kept['type'] {
  if (type !== BUCKET) return 'user pool';
  return logicalId.startsWith('LogBucket') ? 'log bucket' : 'bucket';
}

export function isData({ type }: StackResource): boolean {
  return DATA_TYPES.includes(type);
}

/** Returns the resources with data, by display name, the bucket first. */
export function dataOf(resources: readonly StackResource[]): Pick<Kept, 'type' | 'name'>[] {
  const data = resources
    .filter(isData)
    .flatMap((one) => (one.physicalId === undefined ? [] : [{ type: dataName(one), name: one.physicalId }]));
  return NAMES.flatMap((type) => data.filter((one) => one.type === type));
}

/** Returns the logical ids of the resources that are retained when the stack is deleted. */
function keptIds(templateBody: string): string[] {
  const { Resources } = JSON.parse(templateBody) as RetainingTemplate;
  return Object.entries(Resources)
    .filter(([, { DeletionPolicy }]) => /^Retain(ExceptOnCreate)?$/.test(DeletionPolicy ?? ''))
    .map(([id]) => id);
}

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
