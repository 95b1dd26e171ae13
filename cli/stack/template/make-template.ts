import type { StackOptions } from '../../../infra/options.ts';
import type { Identity } from '../../../infra/pool-issuer.ts';
import { UserError } from '../../errors.ts';

/** What the edge function is to be told about the pool; known only once the pool exists. */
export interface PoolIdentity {
  readonly userPoolId: string;
  readonly clientId: string;
  readonly jwks: Identity['jwks'];
}

export interface TemplateOptions {
  readonly stackName: string;
  /** Absent: the template of the identity half alone (pool, client, bucket). */
  readonly identity?: PoolIdentity;
  readonly options: StackOptions;
}

/** CloudFormation takes no larger template in the call itself. */
const TEMPLATE_LIMIT_BYTES = 51_200;

/** Returns the stack's template. Loads the CDK, several megabytes, on demand. */
export async function makeTemplate(options: TemplateOptions): Promise<string> {
  const { synthesize } = await import('../../../infra/synthesize.ts');
  const { template, bytes } = synthesize(options);
  if (bytes > TEMPLATE_LIMIT_BYTES) {
    throw new UserError(
      'aws',
      `The template has ${bytes} bytes; CloudFormation takes ${TEMPLATE_LIMIT_BYTES}.`,
      {
        hint: 'Use fewer options.',
      },
    );
  }
  return template;
}
