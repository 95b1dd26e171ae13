import { UserError } from '../../errors.ts';
import { STACK_REGION } from '../../network/aws.ts';
import { onAws } from '../aws-failures.ts';
import { operatorPolicy } from '../policy/operator-policy.ts';
import type { StackWork } from '../stack-work.ts';
import type { Check } from './check.ts';

export interface Caller {
  readonly account: string;
  /** Of a user, an assumed role or the root user. */
  readonly arn: string;
}

export async function whoIsAsking({ clients }: StackWork): Promise<Caller> {
  const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
  const { Account = '', Arn = '' } = await onAws('Checking the AWS credentials', () =>
    clients.sts.send(new GetCallerIdentityCommand({})),
  );
  return { account: Account, arn: Arn };
}

/** The check of credentials; whoever asks is kept for those that come after it. */
export function credentialsCheck(work: StackWork, keep: (caller: Caller) => void): Check {
  return {
    name: 'credentials',
    run: async () => {
      const caller = await whoIsAsking(work);
      keep(caller);
      return { found: `account ${caller.account}, ${caller.arn.split(':').slice(5).join(':')}` };
    },
  };
}

/** Far from us-east-1, and open to every account: what may not be used there may be used nowhere else either. */
const OTHER_REGION = 'us-west-2';

/**
 * Lambda@Edge copies the function to other regions. An account that may use one region only (an organization's policy,
 * a starter account) cannot have it, and would find out at the end of a deploy.
 */
export function regionsCheck(work: StackWork): Check {
  return {
    name: 'regions',
    run: async () => {
      if (work.local !== undefined) return { skipped: 'the embedded cloud has one' };
      const { GetFunctionCommand, LambdaClient } = await import('@aws-sdk/client-lambda');
      const { credentials, requestHandler } = work.clients.lambda.config;
      const elsewhere = new LambdaClient({ region: OTHER_REGION, credentials, requestHandler });
      try {
        await elsewhere.send(new GetFunctionCommand({ FunctionName: `${work.stackName}-check` }));
      } catch (error) {
        const { name, message } = error as Error;
        if (name === 'ResourceNotFoundException') {
          return { found: `${STACK_REGION} and others, as Lambda@Edge needs` };
        }
        if (/service control policy|explicit deny/i.test(message)) {
          throw new UserError('access_denied', `This account may not use other regions: ${message}`, {
            hint: 'Lambda@Edge needs them for its copies. Use an account without that restriction.',
            cause: error,
          });
        }
        return { skipped: `cannot be seen: ${name}` };
      }
      return { found: `${STACK_REGION} and others, as Lambda@Edge needs` };
    },
  };
}

/** The role behind an assumed role's session. */
export async function principalOf({ clients }: StackWork, { arn }: Caller): Promise<string> {
  const role = /^arn:[\w-]+:sts::\d+:assumed-role\/([^/]+)\//.exec(arn)?.[1];
  if (role === undefined) return arn;
  const { GetRoleCommand } = await import('@aws-sdk/client-iam');
  const { Role } = await (await clients.iam()).send(new GetRoleCommand({ RoleName: role }));
  return Role?.Arn ?? arn;
}

/** What the account's policies do not allow of what an operator needs, as far as IAM can tell beforehand. */
async function missingActions(work: StackWork, caller: Caller): Promise<string[]> {
  const { SimulatePrincipalPolicyCommand } = await import('@aws-sdk/client-iam');
  const PolicySourceArn = await principalOf(work, caller);
  const iam = await work.clients.iam();
  const answers = await Promise.all(
    operatorPolicy(caller.account, work.stackName).map(async ({ actions, resources: [resource = '*'] }) => {
      const { EvaluationResults = [] } = await iam.send(
        new SimulatePrincipalPolicyCommand({
          PolicySourceArn,
          ActionNames: actions.filter((action) => !action.endsWith('*')),
          ResourceArns: [resource.replaceAll('*', 'x')].filter((arn) => arn.startsWith('arn:')),
        }),
      );
      return EvaluationResults;
    }),
  );
  return answers
    .flat()
    .filter(({ EvalDecision }) => EvalDecision !== 'allowed')
    .map(({ EvalActionName = '' }) => EvalActionName);
}

/**
 * Asks IAM beforehand what is missing. Its simulation knows no session policies and no conditions, so that what it finds
 * is a warning: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
 */
export function permissionsCheck(work: StackWork, caller: () => Caller | undefined): Check {
  return {
    name: 'permissions',
    run: async () => {
      const asking = caller();
      if (asking === undefined) return { skipped: 'whose is not known' };
      if (/:root$/.test(asking.arn)) return { found: 'the root user may do everything' };
      let missing: string[];
      try {
        missing = await missingActions(work, asking);
      } catch (error) {
        return { skipped: `IAM does not tell: ${(error as Error).name}` };
      }
      if (missing.length === 0) return { found: 'all that an operator needs' };
      work.context.ui.event({
        type: 'warning',
        text: `IAM says that these are not allowed: ${missing.join(', ')}. The README has the whole policy an operator needs.`,
      });
      return { found: `${missing.length} that IAM does not see` };
    },
  };
}
