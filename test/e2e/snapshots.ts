import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { awsClients } from './aws-clients.ts';
import type { Computer, LocalStatus } from './harness.ts';

/** Returns what `status --yaml` prints. */
export async function yamlOf(computer: Computer): Promise<string> {
  const { code, stdout, stderr } = await computer.run(['status', '--yaml', '--stack-name', 'edge-upload']);
  assert.equal(code, 0, stderr);
  return stdout;
}

/** Returns everything that a deploy can leave: stacks, resources, change sets, objects and records of this computer. */
export function snapshots(t: Pick<TestContext, 'after'>, computer: Computer, cloud: LocalStatus) {
  const { cloudformation, s3 } = awsClients(t, cloud);
  return async () => {
    const { Stacks = [] } = await cloudformation.describeStacks({});
    const stacks = await Promise.all(
      Stacks.map(async ({ StackName = '', StackStatus, LastUpdatedTime, Tags }) => {
        const { StackResources = [] } = await cloudformation.describeStackResources({ StackName });
        const { Summaries = [] } = await cloudformation.listChangeSets({ StackName });
        const resources = StackResources.map(({ PhysicalResourceId, Timestamp }) => [
          PhysicalResourceId,
          Timestamp,
        ]);
        return { StackName, StackStatus, LastUpdatedTime, Tags, resources, changeSets: Summaries.length };
      }),
    );
    const { Buckets = [] } = await s3.listBuckets({});
    const objects = await Promise.all(
      Buckets.map(async ({ Name = '' }) => {
        const { Versions = [], DeleteMarkers = [] } = await s3.listObjectVersions({ Bucket: Name });
        return [Name, Versions.map(({ Key }) => Key), DeleteMarkers.length];
      }),
    );
    const known = await computer.run(['deployments', 'list', '--json']);
    return { stacks, objects, known: known.stdout, yaml: await yamlOf(computer) };
  };
}
