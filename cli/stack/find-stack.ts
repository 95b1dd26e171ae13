import type { Stack } from '@aws-sdk/client-cloudformation';
import { omitUndefined } from '../../protocol/fields.ts';
import { command, type HintLine } from '../command-line.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { OperatorClients } from '../network/aws.ts';
import type { LocalCloud } from '../settings/deployments.ts';
import { onAws, pages } from './aws-calls.ts';
import { unexpectedAwsResponse } from './aws-failures.ts';

export const DEFAULT_STACK_NAME = 'edge-upload';

/** Clients and context of the commands for one stack. */
export interface StackWork {
  readonly context: Pick<Context, 'ui' | 'now' | 'signal' | 'env' | 'sent'>;
  readonly clients: OperatorClients;
  readonly stackName: string;
  /** Set for the embedded cloud. */
  readonly local?: LocalCloud;
}

/** Returns the milliseconds between two polls. AWS throttles callers that poll more often. */
export function pollInterval({ local }: Pick<StackWork, 'local'>): number {
  return local === undefined ? 2500 : 100;
}

/** Names of the stack's outputs. Stacks of the pattern that this tool replaces have the first four. */
export const OUTPUT = {
  userPoolId: 'CognitoUserPoolId',
  clientId: 'CognitoAppClientId',
  bucket: 'S3BucketName',
  domain: 'CloudFrontDistributionUrl',
  edgeFunction: 'EdgeFunctionName',
  signingKey: 'SigningKeyArn',
} as const;

export type StackOutputs = Readonly<Partial<Record<keyof typeof OUTPUT, string>>>;

export interface FoundStack {
  readonly id: string;
  readonly status: string;
  /** CloudFormation's reason for the status, if it gives one. */
  readonly reason?: string;
  /** Absent for a stack that is only being planned. */
  readonly description?: string;
  /** Whether a drift detection since the last operation found changes made outside CloudFormation. */
  readonly drifted: boolean;
  /** Whether CloudFormation refuses to delete it. */
  readonly isProtected: boolean;
  /** The role that CloudFormation uses. If absent, it uses the permissions of the caller. */
  readonly roleArn?: string;
  /** Of the last operation. */
  readonly changedAt?: Date;
  readonly outputs: StackOutputs;
}

/** Whether a stack was created, and its last operation left it whole. */
export function isWhole({ status }: Pick<FoundStack, 'status'>): boolean {
  return /^(CREATE|UPDATE|UPDATE_ROLLBACK|IMPORT|IMPORT_ROLLBACK)_COMPLETE$/.test(status);
}

/** Whether an operation can start: nothing is under way, and nothing failed halfway. */
export function isIdle(stack: FoundStack): boolean {
  return isWhole(stack) || stack.status === 'REVIEW_IN_PROGRESS';
}

/** Whether a deploy creates the stack: there is none, or only remains that are deleted first. */
export function isToCreate(stack: FoundStack | undefined): boolean {
  const remains = /^(REVIEW_IN_PROGRESS|CREATE_FAILED|ROLLBACK_COMPLETE|ROLLBACK_FAILED|DELETE_IN_PROGRESS)$/;
  return stack === undefined || remains.test(stack.status);
}

function found(stack: Stack): FoundStack {
  const value = (name: string) => stack.Outputs?.find(({ OutputKey }) => OutputKey === name)?.OutputValue;
  const outputs = Object.fromEntries(Object.entries(OUTPUT).map(([key, name]) => [key, value(name)]));
  const changedAt = stack.LastUpdatedTime ?? stack.CreationTime;
  return {
    id: stack.StackId ?? '',
    status: stack.StackStatus ?? 'UNKNOWN',
    drifted: isDrifted(stack, changedAt),
    isProtected: stack.EnableTerminationProtection === true,
    outputs: outputs as StackOutputs,
    ...omitUndefined({
      reason: stack.StackStatusReason,
      description: stack.Description,
      roleArn: stack.RoleARN,
      changedAt,
    }),
  };
}

function isDrifted({ DriftInformation }: Stack, changedAt: Date | undefined): boolean {
  const { StackDriftStatus, LastCheckTimestamp } = DriftInformation ?? {};
  const isCurrent =
    LastCheckTimestamp === undefined || changedAt === undefined || LastCheckTimestamp > changedAt;
  return StackDriftStatus === 'DRIFTED' && isCurrent;
}

/** CloudFormation has no error code for a missing stack. */
function isMissing(error: unknown): boolean {
  return (
    error instanceof Error && error.name === 'ValidationError' && error.message.includes('does not exist')
  );
}

/** Returns the stack by its name or id; `undefined` if there is none. A deleted stack is found by its id. */
export async function findStack(
  { clients, stackName }: StackWork,
  id = stackName,
): Promise<FoundStack | undefined> {
  const { DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation');
  const doing = `Looking up the stack “${stackName}”`;
  return onAws(doing, async () => {
    try {
      const { Stacks } = await clients.cloudformation.send(new DescribeStacksCommand({ StackName: id }));
      // CloudFormation reports a missing stack as an error, never as an empty list.
      if (!Stacks?.[0]?.StackName || !Stacks[0].StackStatus)
        throw unexpectedAwsResponse('CloudFormation', doing, 'it describes no stack');
      return found(Stacks[0]);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  });
}

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
  const doing = `Looking up what the stack “${stackName}” is made of`;
  const listed = pages({
    doing,
    signal,
    ask: (NextToken?: string) =>
      clients.cloudformation.send(new ListStackResourcesCommand({ StackName: stackId, NextToken })),
    next: ({ NextToken }) => NextToken,
  });
  const found: StackResource[] = [];
  for await (const { StackResourceSummaries } of listed) {
    if (StackResourceSummaries === undefined)
      throw unexpectedAwsResponse('CloudFormation', doing, 'it lists no resources');
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

/** Returns the resources of a stack. None where there is no stack, or one that is only planned. */
export async function resourcesIfThere(
  work: StackWork,
  stack: FoundStack | undefined,
): Promise<StackResource[]> {
  if (stack === undefined || stack.status === 'REVIEW_IN_PROGRESS') return [];
  return stackResources(work, stack.id);
}

/** Returns the physical ids of the existing resources of a type. */
export function physicalIds(resources: readonly StackResource[], type: string): string[] {
  return resources
    .filter((one) => one.type === type && one.status !== 'DELETE_COMPLETE')
    .flatMap(({ physicalId }) => physicalId ?? []);
}

/** Returns how many users the pool has. Cognito documents its number as an estimate. */
export async function countUsers({ clients }: StackWork, userPoolId: string): Promise<number> {
  const { DescribeUserPoolCommand } = await import('@aws-sdk/client-cognito-identity-provider');
  const { UserPool } = await onAws('Looking up the user pool', () =>
    clients.cognito.send(new DescribeUserPoolCommand({ UserPoolId: userPoolId })),
  );
  return UserPool?.EstimatedNumberOfUsers ?? 0;
}

/** Returns the stack. @throws {UserError} `stack_missing` */
export async function requireStack(work: StackWork): Promise<FoundStack> {
  const stack = await findStack(work);
  if (stack === undefined) throw stackMissing(work);
  return stack;
}

/** Returns the name of the stack's bucket. @throws {UserError} `stack_failed` while it has none */
export async function bucketOf(work: StackWork): Promise<string> {
  const stack = await requireStack(work);
  const { bucket } = stack.outputs;
  if (bucket !== undefined) return bucket;
  throw missingPart(work, stack, 'bucket');
}

/**
 * Returns the error for a part that a stack does not have, because its deployment or its deletion did not finish. A whole
 * stack without the part may be another tool's.
 */
export function missingPart(
  { stackName }: Pick<StackWork, 'stackName'>,
  stack: Pick<FoundStack, 'status'>,
  part: string,
): UserError {
  if (isWhole(stack))
    return new UserError('stack_failed', `The stack “${stackName}” has no ${part}.`, {
      hint: [
        'It may belong to another tool: name another stack with --stack-name <name>. If edge-upload created it, deploy again:',
        command`edge-upload deploy`,
      ],
    });
  return new UserError('stack_failed', `The stack “${stackName}” has no ${part}: it is ${stack.status}.`, {
    hint: finishing(stack),
  });
}

/**
 * Returns the command that completes an operation that failed or is under way. A deploy cannot save a deleted stack, and
 * no command continues a failed rollback of an import.
 */
export function finishing({ status }: Pick<FoundStack, 'status'>): readonly HintLine[] {
  if (status === 'IMPORT_ROLLBACK_FAILED')
    return ['Complete the rollback of the import in the CloudFormation console, then deploy again.'];
  return status.startsWith('DELETE')
    ? ['Finish the deletion:', command`edge-upload destroy`]
    : ['Finish the deployment:', command`edge-upload deploy`];
}

export function stackMissing({ stackName, local }: StackWork): UserError {
  const where = local === undefined ? 'this AWS account (us-east-1)' : 'the embedded cloud';
  return new UserError('stack_missing', `There is no stack “${stackName}” in ${where}.`, {
    hint: ['Name another with --stack-name <name>, or deploy it:', command`edge-upload deploy`],
  });
}
