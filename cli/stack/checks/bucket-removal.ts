import { command } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import { shellWord } from '../../ui/shell-word.ts';
import { onAws } from '../aws-failures.ts';
import type { StackWork } from '../stack-work.ts';
import { listed, type PolicyStatement, speaksOf, statementsOf } from './policy-statements.ts';

function refused(bucket: string, why: string, way: readonly string[]): UserError {
  const keep = command`edge-upload destroy --keep-data`;
  return new UserError(
    'stack_protected',
    `The bucket ${bucket} cannot be emptied and deleted: ${why}. Nothing was removed.`,
    { hint: [...way, 'Or leave the bucket with its objects:', keep] },
  );
}

/** Runs a read that S3 answers with an error of that name where nothing is configured. */
async function unlessNamed<T>(names: readonly string[], read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Error && names.includes(error.name)) return undefined;
    throw error;
  }
}

/** Principals that stand for every caller of the account. */
const EVERYBODY = /^(\*|\d{12}|arn:aws[\w-]*:iam::\d{12}:root)$/;

/** Whether a statement applies to every caller. The trial call covers other statements. */
function isUnconditional({ Principal, NotPrincipal, Condition = {} }: PolicyStatement): boolean {
  if (NotPrincipal !== undefined) return false;
  const named = typeof Principal === 'string' ? [Principal] : listed(Principal?.AWS);
  return named.some((one) => EVERYBODY.test(one)) && Object.keys(Condition).length === 0;
}

/** What deleting a bucket with its objects takes: https://docs.aws.amazon.com/AmazonS3/latest/userguide/delete-bucket.html */
const NEEDED = [
  ['s3:DeleteObjectVersion', '/x'],
  ['s3:DeleteBucketPolicy', ''],
  ['s3:DeleteBucket', ''],
] as const;

/**
 * Refuses a bucket that S3 would not let be emptied and deleted: Object Lock, MFA delete, a policy that denies it.
 * @throws {UserError} `stack_protected`; `access_denied` where the bucket's settings cannot be read
 */
export async function refuseLockedBucket(work: StackWork, bucket: string): Promise<void> {
  const { s3 } = work.clients;
  const { GetBucketPolicyCommand, GetBucketVersioningCommand, GetObjectLockConfigurationCommand } =
    await import('@aws-sdk/client-s3');
  const doing = `Reading the settings of the bucket ${bucket}`;
  const versioning = await onAws(doing, () =>
    unlessNamed(['NoSuchBucket'], () => s3.send(new GetBucketVersioningCommand({ Bucket: bucket }))),
  );
  // The bucket was deleted outside CloudFormation.
  if (versioning === undefined) return;
  if (versioning.MFADelete === 'Enabled') {
    throw refused(bucket, 'MFA delete is on, which only the root user turns off', [
      'Turn it off with the MFA device of the root user:',
      `  aws s3api put-bucket-versioning --bucket ${shellWord(bucket)} --versioning-configuration Status=Enabled,MFADelete=Disabled --mfa "<serial> <code>"`,
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
  const policy = await onAws(doing, () =>
    unlessNamed(['NoSuchBucketPolicy'], () => s3.send(new GetBucketPolicyCommand({ Bucket: bucket }))),
  );
  const denials = statementsOf(policy?.Policy ?? '{}').filter(
    (statement) => statement.Effect === 'Deny' && isUnconditional(statement),
  );
  const [denied] = NEEDED.filter(([action, path]) =>
    denials.some((statement) => speaksOf(statement, action, `arn:aws:s3:::${bucket}${path}`)),
  );
  if (denied === undefined) return;
  throw refused(bucket, `its policy denies ${denied[0]} to everybody`, [
    'Remove the policy:',
    `  aws s3api delete-bucket-policy --bucket ${shellWord(bucket)}`,
  ]);
}
