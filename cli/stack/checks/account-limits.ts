import { command } from '../../command-line.ts';
import { interrupted, UserError } from '../../errors.ts';
import { STACK_REGION } from '../../network/aws.ts';
import type { StackWork } from '../find-stack.ts';
import { type Check, whyUnanswered } from './check.ts';

/** A region that every unrestricted account can use. */
const OTHER_REGION = 'us-west-2';

/**
 * Checks that the account can use other regions, to which Lambda@Edge replicates the function. If an organization's
 * policy or a starter account forbids it, a deploy would fail at its end.
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
              hint: 'Lambda@Edge needs them for its replicas. Use an account without that restriction.',
              cause: error,
            },
          );
        }
        if (name !== 'ResourceNotFoundException')
          return { skipped: whyUnanswered(error, 'Lambda', `lambda:GetFunction in ${OTHER_REGION}`) };
      }
      return { found: `${STACK_REGION} and others, as Lambda@Edge needs` };
    },
  };
}

/** Quota of an established account: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const USUAL = 1000;

/** Below this quota, a busy edge answers 503. Each unit allows 10 requests a second in each region. */
const FEW = 100;

/** The quota “Concurrent executions”: https://docs.aws.amazon.com/general/latest/gr/lambda-service.html */
const QUOTA = 'L-B99A9384';

/** Warns of a new account, which allows only a few concurrent executions of all functions, the edge's included. */
export function concurrencyCheck({ clients, context: { ui, signal } }: StackWork): Check {
  return {
    name: 'concurrency',
    run: async () => {
      const { GetAccountSettingsCommand } = await import('@aws-sdk/client-lambda');
      let limit: number | undefined;
      try {
        const { AccountLimit } = await clients.lambda.send(new GetAccountSettingsCommand({}));
        limit = AccountLimit?.ConcurrentExecutions;
      } catch (error) {
        if (signal.aborted) throw interrupted();
        return { skipped: whyUnanswered(error, 'Lambda', 'lambda:GetAccountSettings') };
      }
      if (limit === undefined) return { skipped: 'Lambda does not report it' };
      const found = `${limit.toLocaleString('en-US')} concurrent executions of Lambda functions`;
      if (limit >= FEW) return { found };
      ui.event({
        type: 'warning',
        text: `This account has ${found}: the edge serves about ${limit * 10} requests a second in a region, and responds with 503 to more.`,
      });
      ui.event({
        type: 'note',
        text: [
          `Request ${USUAL.toLocaleString('en-US')}, which is free of charge:`,
          command`aws service-quotas request-service-quota-increase --region ${STACK_REGION} --service-code lambda --quota-code ${QUOTA} --desired-value ${String(USUAL)}`,
        ],
      });
      return { found };
    },
  };
}
