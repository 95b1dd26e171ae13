import type { Jwks } from '../../edge/config.ts';
import type { StackOptions } from '../../infra/options.ts';
import { systemCode, UserError } from '../errors.ts';

/** What the edge function is to be told about the pool; known only once the pool exists. */
export interface PoolIdentity {
  readonly userPoolId: string;
  readonly clientId: string;
  readonly jwks: Jwks;
}

export interface TemplateOptions {
  readonly stackName: string;
  /** Absent: the template of the identity half alone (pool, client, bucket). */
  readonly identity?: PoolIdentity;
  readonly options: StackOptions;
}

/** CloudFormation takes no larger template in the call itself. */
const TEMPLATE_LIMIT_BYTES = 51_200;

/** Makes the stack's template with the CDK, which only deploying needs and an uploader's installation may leave out. */
export async function makeTemplate(options: TemplateOptions): Promise<string> {
  const { synthesize } = await loadCdk();
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

/** Loads the CDK app, or says that this installation has none; called before anything is begun. */
export async function loadCdk() {
  try {
    return await import('../../infra/synthesize.ts');
  } catch (error) {
    if (systemCode(error) !== 'ERR_MODULE_NOT_FOUND' && systemCode(error) !== 'MODULE_NOT_FOUND') throw error;
    throw new UserError(
      'optional_missing',
      'Deploying needs aws-cdk-lib and constructs, which are not installed here.',
      {
        hint: 'Install edge-upload without --omit=optional, or add them: npm install aws-cdk-lib constructs',
        cause: error,
      },
    );
  }
}
