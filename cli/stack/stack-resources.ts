import { omitUndefined } from '../../protocol/omit-undefined.ts';
import { pages } from './pages.ts';
import type { StackWork } from './stack-work.ts';

export interface StackResource {
  readonly logicalId: string;
  readonly type: string;
  /** Absent if the resource was never created. */
  readonly physicalId?: string;
  readonly status: string;
}

/** Returns the stack's resources in any state. Its outputs exist only after a first success. */
export async function stackResources(
  { clients, stackName, context: { signal } }: StackWork,
  stackId: string,
): Promise<StackResource[]> {
  const { ListStackResourcesCommand } = await import('@aws-sdk/client-cloudformation');
  const listed = pages({
    doing: `Looking up what the stack “${stackName}” is made of`,
    signal,
    ask: (NextToken?: string) =>
      clients.cloudformation.send(
        new ListStackResourcesCommand({
          StackName: stackId,
          ...omitUndefined({ NextToken }),
        }),
      ),
    next: ({ NextToken }) => NextToken,
  });
  const found: StackResource[] = [];
  for await (const { StackResourceSummaries = [] } of listed) {
    for (const one of StackResourceSummaries) {
      found.push({
        logicalId: one.LogicalResourceId ?? '',
        type: one.ResourceType ?? '',
        status: one.ResourceStatus ?? '',
        ...(one.PhysicalResourceId ? { physicalId: one.PhysicalResourceId } : {}),
      });
    }
  }
  return found;
}

/** Returns the physical ids of the existing resources of a type. */
export function physicalIds(resources: readonly StackResource[], type: string): string[] {
  return resources
    .filter((one) => one.type === type && one.status !== 'DELETE_COMPLETE')
    .flatMap(({ physicalId }) => physicalId ?? []);
}
