import { createHash } from 'node:crypto';
import { omitUndefined } from '../../../protocol/fields.ts';
import { command } from '../../command-line.ts';
import { isUserError, UserError } from '../../errors.ts';
import { STACK_REGION } from '../../network/aws.ts';
import { cleanUp, creating } from '../../network/cancellation.ts';
import { onAws } from '../aws-calls.ts';
import { awsFailure } from '../aws-failures.ts';
import type { StackWork } from '../find-stack.ts';

/**
 * Maximum bytes of an inline template.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
 */
export const INLINE_LIMIT_BYTES = 51_200;

/** A prefix that the edge reserves, so uploaders cannot write to it. */
const PREFIX = '.well-known/edge-upload/template/';

interface TemplateObject {
  readonly Bucket: string;
  readonly Key: string;
  /** Of a bucket with versions. */
  readonly VersionId?: string;
}

/**
 * Runs a request with a template that is too large for the request: through the deployment's bucket. The object is
 * always deleted at the end, even after a failure or Ctrl-C.
 */
export async function withUploadedTemplate<T>(
  work: StackWork,
  template: string,
  bucket: string | undefined,
  run: (source: { readonly TemplateURL: string }) => Promise<T>,
): Promise<T> {
  if (bucket === undefined) {
    throw new UserError(
      'stack_failed',
      `The template has ${Buffer.byteLength(template)} bytes; without a bucket, CloudFormation accepts ${INLINE_LIMIT_BYTES}.`,
      { hint: 'Deploy with fewer options first, then again with all of them.' },
    );
  }
  const name = createHash('sha256').update(template).digest('hex');
  const object = { Bucket: bucket, Key: `${PREFIX}${name}.json` };
  const stored = await store(work, object, template);
  try {
    return await run({ TemplateURL: `https://${bucket}.s3.${STACK_REGION}.amazonaws.com/${object.Key}` });
  } finally {
    await remove(work, stored);
  }
}

async function store(work: StackWork, object: TemplateObject, template: string): Promise<TemplateObject> {
  const { PutObjectCommand } = await import('@aws-sdk/client-s3');
  try {
    const put = new PutObjectCommand({ ...object, Body: template, ContentType: 'application/json' });
    const { VersionId } = await creating(work.context.signal, (bounds) =>
      onAws(`Uploading the template to the bucket ${object.Bucket}`, () => work.clients.s3.send(put, bounds)),
    );
    return { ...object, ...omitUndefined({ VersionId }) };
  } catch (error) {
    // The object may be stored unless S3 refused it.
    if (!isUserError(error) || error.code !== 'access_denied') await remove(work, object);
    throw error;
  }
}

/** Deletes the template. A failure is a warning: the template contains only public data. */
async function remove(
  { clients, context: { ui, signal } }: StackWork,
  object: TemplateObject,
): Promise<void> {
  const { DeleteObjectCommand } = await import('@aws-sdk/client-s3');
  try {
    await cleanUp(signal, async (bounds) => {
      await clients.s3.send(new DeleteObjectCommand(object), bounds);
    });
  } catch (error) {
    const { message } = awsFailure(error, 'Deleting the uploaded template');
    ui.event({
      type: 'warning',
      text: [`${message} Delete it with:`, command`aws s3 rm ${`s3://${object.Bucket}/${object.Key}`}`],
    });
  }
}
