import type { StackOptions } from '../../../infra/options.ts';
import { omitUndefined, readFields } from '../../../protocol/fields.ts';
import { command } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import { onAws } from '../aws-calls.ts';
import { unexpectedAwsResponse } from '../aws-failures.ts';
import type { FoundStack, StackWork } from '../find-stack.ts';
import type { Check, StackSnapshot } from './check.ts';

/** Returns the error for a bucket that was deleted outside CloudFormation, which does not create it again. */
export function bucketGone(bucket: string, cause?: unknown): UserError {
  return new UserError(
    'stack_failed',
    `The bucket ${bucket} was deleted outside edge-upload. Uploads fail until it is replaced.`,
    {
      hint: [
        'Give the stack a bucket of another name; users and address stay as they are:',
        command`edge-upload deploy --bucket-name <name>`,
        'Or delete the rest:',
        command`edge-upload destroy`,
      ],
      ...omitUndefined({ cause }),
    },
  );
}

/** Returns a refusal of a HEAD request with the permission that it needs: S3's response has no body. */
export function deniedHead(error: unknown, action: string): unknown {
  const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } };
  if ($metadata?.httpStatusCode !== 403) return error;
  const why = `HTTP 403: the permission ${action} is missing, or the bucket belongs to another AWS account`;
  return Object.assign(new Error(why, { cause: error }), { name: 'AccessDenied' });
}

/** Whether the bucket exists. */
async function bucketExists({ clients }: StackWork, bucket: string): Promise<boolean> {
  const { HeadBucketCommand } = await import('@aws-sdk/client-s3');
  return onAws(`Looking up the bucket ${bucket}`, async () => {
    try {
      await clients.s3.send(new HeadBucketCommand({ Bucket: bucket }));
      return true;
    } catch (error) {
      // S3's responses to HEAD have no body, and so no error code.
      if (error instanceof Error && ['NotFound', 'NoSuchBucket'].includes(error.name)) return false;
      throw deniedHead(error, 's3:ListBucket');
    }
  });
}

/** Names a read of a bucket's settings in errors. */
export function readingSettings(bucket: string): string {
  return `Reading the settings of the bucket ${bucket}`;
}

/** Runs a read. Returns `undefined` for S3's error that nothing is configured. */
export async function unlessNamed<T>(
  names: readonly string[],
  read: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Error && names.includes(error.name)) return undefined;
    throw error;
  }
}

/** What `bucketPolicy` returns for a bucket without a policy. */
export const NO_POLICY = '{}';

/** Returns the policy of a bucket as JSON. */
export async function bucketPolicy({ clients }: StackWork, bucket: string): Promise<string> {
  const { GetBucketPolicyCommand } = await import('@aws-sdk/client-s3');
  const read = () => clients.s3.send(new GetBucketPolicyCommand({ Bucket: bucket }));
  const doing = readingSettings(bucket);
  const { Policy = NO_POLICY } = (await onAws(doing, () => unlessNamed(['NoSuchBucketPolicy'], read))) ?? {};
  if (readFields(Policy) === undefined) throw unexpectedAwsResponse('S3', doing, 'a policy that is not JSON');
  return Policy;
}

/** Checks that the stack's bucket still exists. */
export function bucketCheck(work: StackWork, snapshot: StackSnapshot): Check {
  return {
    name: 'bucket',
    run: async () => {
      const { bucket } = (await snapshot.stack())?.outputs ?? {};
      if (bucket === undefined) return { skipped: 'the stack has none' };
      if (await bucketExists(work, bucket)) return { found: bucket };
      throw bucketGone(bucket);
    },
  };
}

/**
 * Refuses to deploy if the stack's bucket was deleted, or if an existing bucket is to replace it: CloudFormation
 * imports a bucket only into a stack without one.
 * @throws {UserError} `stack_failed`, `usage`
 */
export async function refuseBucket(
  work: StackWork,
  { outputs: { bucket } }: FoundStack,
  { bucketName }: StackOptions,
): Promise<void> {
  if (bucket === undefined) return;
  if (bucketName === undefined || bucketName === bucket) {
    if (!(await bucketExists(work, bucket))) throw bucketGone(bucket);
    return;
  }
  if (!(await bucketExists(work, bucketName))) return;
  throw new UserError(
    'usage',
    `The stack “${work.stackName}” has the bucket ${bucket}; ${bucketName} already exists and cannot take its place.`,
    {
      hint: [
        'Only a new stack can adopt a bucket:',
        command`edge-upload deploy --stack-name <name> --bucket-name ${bucketName}`,
      ],
    },
  );
}
