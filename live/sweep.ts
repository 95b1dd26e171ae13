import { rm } from 'node:fs/promises';
import { stderr, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { CloudFormationClient, paginateDescribeStacks } from '@aws-sdk/client-cloudformation';
import { GetRoleCommand, IAMClient, paginateListRoles } from '@aws-sdk/client-iam';
import {
  DescribeKeyCommand,
  KMSClient,
  ListResourceTagsCommand,
  paginateListKeys,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import {
  DeleteFunctionCommand,
  GetFunctionCommand,
  LambdaClient,
  paginateListFunctions,
} from '@aws-sdk/client-lambda';
import { EXPIRES_TAG, REGION, RUN_HOURS, requireAccount, STACK_PREFIX } from './account.ts';
import { openHome } from './command-line.ts';
import { deleteRole, ROLE_PATH } from './operator.ts';

/*
 * Deletes what runs of `npm run live` left. It deletes only resources with the tag that each run sets:
 *
 *   EDGE_UPLOAD_LIVE=<account id> npm run live:sweep [-- --all]
 *
 * --all also deletes resources that have not expired. An edge function can be deleted only after CloudFront has deleted its
 * replicas, hours later. Exit code 1 means that resources are left.
 */

// Turns off the SDK's warning about Node 20.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const { values } = parseArgs({ options: { all: { type: 'boolean', default: false } } });

/** Whether a run's tag allows deleting its resource now. */
function mayGo(expires: string | undefined): boolean {
  const at = Date.parse(expires ?? '');
  return !Number.isNaN(at) && (values.all || at < Date.now());
}

/** Returns how many hours ago a run started, derived from its tag. */
function hoursSince(expires = ''): string {
  const age = Date.now() - Date.parse(expires) + RUN_HOURS * 3_600_000;
  return (age / 3_600_000).toFixed(1);
}

async function expiredStacks(): Promise<readonly string[]> {
  const client = new CloudFormationClient({ region: REGION });
  const names: string[] = [];
  for await (const { Stacks = [] } of paginateDescribeStacks({ client }, {})) {
    for (const { StackName = '', Tags = [] } of Stacks) {
      if (StackName.startsWith(STACK_PREFIX) && mayGo(Tags.find(({ Key }) => Key === EXPIRES_TAG)?.Value))
        names.push(StackName);
    }
  }
  client.destroy();
  return names;
}

/** Deletes edge functions whose stack no longer exists. Returns the names of those that still have replicas. */
async function sweepFunctions(stacks: ReadonlySet<string>): Promise<readonly string[]> {
  const client = new LambdaClient({ region: REGION });
  const left: string[] = [];
  for await (const { Functions = [] } of paginateListFunctions({ client }, {})) {
    for (const { FunctionName = '' } of Functions) {
      if (
        !FunctionName.startsWith(STACK_PREFIX) ||
        [...stacks].some((stack) => FunctionName.startsWith(stack))
      )
        continue;
      const { Tags = {} } = await client.send(new GetFunctionCommand({ FunctionName }));
      if (!mayGo(Tags[EXPIRES_TAG])) continue;
      try {
        await client.send(new DeleteFunctionCommand({ FunctionName }));
        stdout.write(
          `Deleted the function ${FunctionName}, ${hoursSince(Tags[EXPIRES_TAG])} hours after its run started.\n`,
        );
      } catch (error) {
        left.push(FunctionName);
        stderr.write(
          `${FunctionName} cannot be deleted yet: ${error instanceof Error ? error.message : String(error)}\n`,
        );
      }
    }
  }
  client.destroy();
  return left;
}

/** Deletes the operators' roles. */
async function sweepRoles(): Promise<void> {
  const client = new IAMClient({ region: REGION });
  for await (const { Roles = [] } of paginateListRoles({ client }, { PathPrefix: ROLE_PATH })) {
    for (const { RoleName = '' } of Roles) {
      // Lists of roles do not include tags.
      const { Role } = await client.send(new GetRoleCommand({ RoleName }));
      if (!mayGo(Role?.Tags?.find(({ Key }) => Key === EXPIRES_TAG)?.Value)) continue;
      await deleteRole(client, RoleName);
      stdout.write(`Deleted the role ${RoleName}.\n`);
    }
  }
  client.destroy();
}

/** Schedules the deletion of probes' KMS keys. Keys of stacks are deleted with their stacks. */
async function sweepKeys(): Promise<void> {
  const client = new KMSClient({ region: REGION });
  for await (const { Keys = [] } of paginateListKeys({ client }, {})) {
    for (const { KeyId } of Keys) {
      const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }));
      if (KeyMetadata?.KeyManager !== 'CUSTOMER' || KeyMetadata.KeyState === 'PendingDeletion') continue;
      const { Tags = [] } = await client.send(new ListResourceTagsCommand({ KeyId }));
      if (!mayGo(Tags.find(({ TagKey }) => TagKey === EXPIRES_TAG)?.TagValue)) continue;
      await client.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
      stdout.write(`Scheduled the deletion of the key ${KeyId}.\n`);
    }
  }
  client.destroy();
}

async function main(): Promise<number> {
  await requireAccount(process.env.EDGE_UPLOAD_LIVE);
  const stacks = await expiredStacks();
  const failed = new Set<string>();
  for (const stackName of stacks) {
    const { home, run } = await openHome(process.env);
    const { code } = await run(['destroy', '--yes', '--no-wait', '--stack-name', stackName], { aloud: true });
    if (code !== 0) failed.add(stackName);
    await rm(home, { recursive: true, force: true });
  }
  await sweepRoles();
  await sweepKeys();
  const left = await sweepFunctions(failed);
  if (failed.size + left.length === 0) {
    stdout.write(`Nothing is left${stacks.length === 0 ? '' : `; deleted ${stacks.join(', ')}`}.\n`);
    return 0;
  }
  stdout.write('Some resources are left. Run this again in a few hours.\n');
  return 1;
}

process.exitCode = await main().catch((error: unknown) => {
  stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  return 2;
});
