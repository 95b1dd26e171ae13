import { command } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import { awsFailure, onAws } from '../aws-failures.ts';
import type { FoundStack } from '../find-stack.ts';
import type { StackWork } from '../stack-work.ts';
import { protectedStack } from './removal.ts';

/** A reserved key under which nothing is ever stored. */
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
    const { code, message } = awsFailure(error, doing);
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

/**
 * Asks for a deletion that CloudFormation never carries out: resources can be retained only by a stack whose deletion has
 * failed. Permissions and protection are judged first, so that their refusal is seen before anything is deleted.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStack.html
 * @param logicalIds of the stack's data, which would stay even if the deletion were carried out
 */
export async function tryDeletingStack(
  work: StackWork,
  { id, status }: FoundStack,
  logicalIds: readonly string[],
): Promise<void> {
  if (!status.endsWith('_COMPLETE') || logicalIds.length === 0) return;
  const { DeleteStackCommand } = await import('@aws-sdk/client-cloudformation');
  await onAws(`Checking that the stack “${work.stackName}” can be deleted`, async () => {
    try {
      await work.clients.cloudformation.send(
        new DeleteStackCommand({ StackName: id, RetainResources: [...logicalIds] }),
      );
    } catch (error) {
      const { message } = error as Error;
      if (/TerminationProtection/i.test(message)) throw protectedStack(work);
      if (errorName(error) !== 'ValidationError') throw error;
    }
  });
}
