import type { DeleteStackCommandInput } from '@aws-sdk/client-cloudformation';
import { managedLoginDomain } from '../../../protocol/sign-in.ts';
import { command, type HintLine } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import { STACK_REGION } from '../../network/aws.ts';
import { ifThere, onAws } from '../aws-calls.ts';
import { awsFailure } from '../aws-failures.ts';
import type { FoundStack, StackWork } from '../find-stack.ts';
import { bucketPolicy, readingSettings, unlessNamed } from './bucket.ts';
import { listed, mentions, type PolicyStatement, statementsOf } from './policy-statements.ts';

function refused(bucket: string, why: string, way: readonly HintLine[]): UserError {
  const keep = command`edge-upload destroy --keep-data`;
  return new UserError(
    'stack_protected',
    `The bucket ${bucket} cannot be emptied and deleted: ${why}. Nothing was removed.`,
    { hint: [...way, 'Or leave the bucket with its objects:', keep] },
  );
}

/** Principals that stand for every caller of the account. */
const EVERYBODY = /^(\*|\d{12}|arn:aws[\w-]*:iam::\d{12}:root)$/;

/** Whether a statement applies to every caller. The trial call covers other statements. */
function isUnconditional({ Principal, NotPrincipal, Condition = {} }: PolicyStatement): boolean {
  if (NotPrincipal !== undefined) return false;
  const named = typeof Principal === 'string' ? [Principal] : listed(Principal?.AWS);
  return named.some((one) => EVERYBODY.test(one)) && Object.keys(Condition).length === 0;
}

/**
 * Actions that deleting a bucket with its objects needs:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/delete-bucket.html
 */
const NEEDED = [
  ['s3:DeleteObjectVersion', '/x'],
  ['s3:DeleteBucketPolicy', ''],
  ['s3:DeleteBucket', ''],
] as const;

/**
 * Refuses a bucket that cannot be emptied and deleted because of Object Lock, MFA delete or a policy.
 * @throws {UserError} `stack_protected`; `access_denied` if the bucket's settings cannot be read
 */
async function refuseLockedBucket(work: StackWork, bucket: string): Promise<void> {
  const { s3 } = work.clients;
  const { GetBucketVersioningCommand, GetObjectLockConfigurationCommand } = await import(
    '@aws-sdk/client-s3'
  );
  const doing = readingSettings(bucket);
  const versioning = await onAws(doing, () =>
    unlessNamed(['NoSuchBucket'], () => s3.send(new GetBucketVersioningCommand({ Bucket: bucket }))),
  );
  // The bucket was deleted outside CloudFormation.
  if (versioning === undefined) return;
  if (versioning.MFADelete === 'Enabled') {
    throw refused(bucket, 'MFA delete is on, which only the root user turns off', [
      'Turn it off with the MFA device of the root user:',
      command`aws s3api put-bucket-versioning --bucket ${bucket} --versioning-configuration ${'Status=Enabled,MFADelete=Disabled'} --mfa "<serial> <code>"`,
    ]);
  }
  const lock = await onAws(doing, () =>
    unlessNamed(['ObjectLockConfigurationNotFoundError', 'NotImplemented'], () =>
      s3.send(new GetObjectLockConfigurationCommand({ Bucket: bucket })),
    ),
  );
  if (lock?.ObjectLockConfiguration?.ObjectLockEnabled === 'Enabled') {
    throw refused(bucket, 'Object Lock is on, and S3 keeps every object version until its lock ends', []);
  }
  const denials = statementsOf(await bucketPolicy(work, bucket)).filter(
    (statement) => statement.Effect === 'Deny' && isUnconditional(statement),
  );
  const [denied] = NEEDED.filter(([action, path]) =>
    denials.some((statement) => mentions(statement, action, `arn:aws:s3:::${bucket}${path}`)),
  );
  if (denied === undefined) return;
  throw refused(bucket, `its policy denies ${denied[0]} to everybody`, [
    'Remove the policy:',
    command`aws s3api delete-bucket-policy --bucket ${bucket}`,
  ]);
}

function protectedStack({ stackName }: StackWork): UserError {
  return new UserError(
    'stack_protected',
    `The stack “${stackName}” has termination protection: CloudFormation does not delete it. Nothing was removed.`,
    {
      hint: [
        'Turn the protection off, then run the same command again:',
        command`aws cloudformation update-termination-protection --no-enable-termination-protection --region ${STACK_REGION} --stack-name ${stackName}`,
      ],
    },
  );
}

/**
 * Refuses a user pool with deletion protection, or with a domain that is not the stack's. CloudFormation deletes the
 * stack's own domain before the pool.
 */
async function refuseProtectedPool(
  { clients }: StackWork,
  stackId: string | undefined,
  pool: string,
): Promise<void> {
  const { DescribeUserPoolCommand } = await import('@aws-sdk/client-cognito-identity-provider');
  const described = await ifThere(() =>
    onAws(`Looking up the user pool ${pool}`, () =>
      clients.cognito.send(new DescribeUserPoolCommand({ UserPoolId: pool })),
    ),
  );
  const { DeletionProtection, Domain, CustomDomain } = described?.UserPool ?? {};
  if (DeletionProtection === 'ACTIVE') {
    throw new UserError(
      'stack_protected',
      `The user pool ${pool} has deletion protection: Cognito does not delete it. Nothing was removed.`,
      {
        hint: [
          'Turn the protection off in the console, then run the same command again:',
          `  https://${STACK_REGION}.console.aws.amazon.com/cognito/v2/idp/user-pools/${pool}/settings?region=${STACK_REGION}`,
        ],
      },
    );
  }
  const domain = CustomDomain ?? Domain;
  const own = stackId === undefined ? undefined : managedLoginDomain(stackId);
  if (domain === undefined || domain === own) return;
  throw new UserError(
    'stack_protected',
    `The user pool ${pool} has the domain ${domain}: Cognito does not delete a pool with a domain. Nothing was removed.`,
    {
      hint: [
        'Delete the domain, then run the same command again:',
        command`aws cognito-idp delete-user-pool-domain --region ${STACK_REGION} --user-pool-id ${pool} --domain ${domain}`,
      ],
    },
  );
}

/** What is deleted with a stack. */
export interface StackToDelete {
  readonly buckets: readonly string[];
  readonly pools: readonly string[];
}

/**
 * Refuses a deletion that AWS would refuse halfway. Only reads. {@link refuseUnpermitted} checks permissions; the trial
 * calls check policies that cannot be read.
 * @throws {UserError} `stack_protected`
 */
export async function refuseProtected(
  work: StackWork,
  stack: Pick<FoundStack, 'isProtected'> & Partial<Pick<FoundStack, 'id'>>,
  { buckets, pools }: StackToDelete,
): Promise<void> {
  if (stack.isProtected) throw protectedStack(work);
  for (const pool of pools) await refuseProtectedPool(work, stack.id, pool);
  for (const bucket of buckets) await refuseLockedBucket(work, bucket);
}

/** A reserved key that is never stored. */
const NO_SUCH_KEY = '.well-known/edge-upload/destroy-check';

function errorName(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

/**
 * Deletes a version that does not exist, and aborts an upload that does not exist. S3 applies every policy to these calls
 * and changes nothing.
 */
export async function tryEmptying(work: StackWork, bucket: string): Promise<void> {
  const { s3 } = work.clients;
  const { AbortMultipartUploadCommand, DeleteObjectsCommand } = await import('@aws-sdk/client-s3');
  const doing = `Checking that the bucket ${bucket} can be emptied`;
  try {
    const { Errors = [] } = await s3.send(
      new DeleteObjectsCommand({
        Bucket: bucket,
        Delete: { Objects: [{ Key: NO_SUCH_KEY, VersionId: 'null' }], Quiet: true },
      }),
    );
    const [refused] = Errors.filter(({ Code }) => Code === 'AccessDenied');
    if (refused !== undefined) {
      throw Object.assign(new Error(`s3:DeleteObjectVersion: ${refused.Message}`), { name: 'AccessDenied' });
    }
    await s3.send(
      new AbortMultipartUploadCommand({ Bucket: bucket, Key: NO_SUCH_KEY, UploadId: 'destroy-check' }),
    );
  } catch (error) {
    if (errorName(error) === 'NoSuchUpload' || errorName(error) === 'NoSuchBucket') return;
    const { code, message, hintLines } = awsFailure(error, doing);
    if (code !== 'access_denied')
      throw new UserError(code, `${message} Nothing was removed.`, { hint: hintLines, cause: error });
    throw new UserError(code, `${message} Nothing was removed.`, {
      hint: [
        `Allow s3:DeleteObjectVersion and s3:AbortMultipartUpload on ${bucket}, then run the same command again.`,
        'Or leave the bucket with its objects:',
        command`edge-upload destroy --keep-data`,
      ],
      cause: error,
    });
  }
}

/** Ends the ARN of no stack. */
const NO_SUCH_ID = '00000000-0000-0000-0000-000000000000';

/**
 * Requests deletions that delete nothing, so that a refusal of CloudFormation is seen before a bucket is emptied: of a
 * stack with the same name whose id does not exist, and of this stack with resources to retain, which only a stack whose
 * deletion has failed can do. CloudFormation checks permissions and protection first.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStack.html
 * @param logicalIds Resources with data. They would be retained even if the deletion were carried out.
 */
export async function tryDeletingStack(
  work: StackWork,
  { id, status }: FoundStack,
  logicalIds: readonly string[],
): Promise<void> {
  await tryDeletion(work, { StackName: id.replace(/[^/]*$/, NO_SUCH_ID) });
  if (!status.endsWith('_COMPLETE') || logicalIds.length === 0) return;
  await tryDeletion(work, { StackName: id, RetainResources: [...logicalIds] });
}

async function tryDeletion(work: StackWork, input: DeleteStackCommandInput): Promise<void> {
  const { DeleteStackCommand } = await import('@aws-sdk/client-cloudformation');
  await onAws(`Checking that the stack “${work.stackName}” can be deleted`, async () => {
    try {
      await work.clients.cloudformation.send(new DeleteStackCommand(input));
    } catch (error) {
      const { message } = error as Error;
      if (/TerminationProtection/i.test(message)) throw protectedStack(work);
      if (errorName(error) !== 'ValidationError') throw error;
    }
  });
}
