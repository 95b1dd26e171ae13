import { interrupted, UserError } from '../../errors.ts';
import { STACK_REGION } from '../../network/aws.ts';
import type { StackWork } from '../stack-work.ts';
import type { Check } from './check.ts';

/** A region that every account has. An account without it is restricted to its own regions. */
const OTHER_REGION = 'us-west-2';

/**
 * Checks that the account is allowed to use other regions. Lambda@Edge copies the function to them. Where an
 * organization's policy or a starter account forbids that, a deploy would fail at its end.
 */
export function regionsCheck(work: StackWork): Check {
  return {
    name: 'regions',
    run: async () => {
      const { GetFunctionCommand } = await import('@aws-sdk/client-lambda');
      const elsewhere = work.clients.lambdaIn(OTHER_REGION);
      try {
        await elsewhere.send(new GetFunctionCommand({ FunctionName: `${work.stackName}-check` }));
      } catch (error) {
        if (work.context.signal.aborted) throw interrupted();
        const { name, message } = error as Error;
        if (/service control policy|explicit deny/i.test(message)) {
          throw new UserError(
            'access_denied',
            `This account is not allowed to use other regions: ${message}`,
            {
              hint: 'Lambda@Edge needs them for its copies. Use an account without that restriction.',
              cause: error,
            },
          );
        }
        if (name !== 'ResourceNotFoundException') return { skipped: `Lambda does not answer: ${name}` };
      }
      return { found: `${STACK_REGION} and others, as Lambda@Edge needs` };
    },
  };
}
