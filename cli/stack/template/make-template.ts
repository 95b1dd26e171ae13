import type { UploadStackProps } from '../../../infra/upload-stack.ts';
import { command } from '../../command-line.ts';
import { UserError } from '../../errors.ts';

/**
 * Bytes of a template that CloudFormation reads from a bucket.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
 */
const TEMPLATE_LIMIT_BYTES = 1_000_000;

/** Returns the stack's template. Loads the CDK, several megabytes, on demand. */
export async function makeTemplate(props: UploadStackProps): Promise<string> {
  const { synthesize } = await import('../../../infra/synthesize.ts');
  const { template, bytes } = synthesize(props);
  if (bytes <= TEMPLATE_LIMIT_BYTES) return template;
  throw new UserError(
    'usage',
    `The template has ${bytes} bytes; CloudFormation takes ${TEMPLATE_LIMIT_BYTES}. Nothing was changed.`,
    {
      hint: [
        'Trust fewer issuers, or use fewer options:',
        command`edge-upload trust list`,
        'Thousands of revoked links and keys are forgotten with a new signing key:',
        command`edge-upload key rotate --drop`,
      ],
    },
  );
}
