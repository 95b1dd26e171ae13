import type { StackOptions } from '../../../infra/options.ts';
import { command } from '../../command-line.ts';
import { interrupted } from '../../errors.ts';
import { type AwsCaller, isRoot, whyUnanswered } from '../aws-calls.ts';
import type { FoundStack, StackWork } from '../find-stack.ts';
import { KINDS, OPTION_NAMES } from '../options/kinds.ts';
import { isExtra } from '../policy/extra-statements.ts';
import { bucketBeginning, operatorPolicy } from '../policy/operator-policy.ts';
import type { Check } from './check.ts';
import {
  accessDenied,
  actionNames,
  type Denied,
  type Needed,
  principalOf,
  simulateDenied,
} from './simulation.ts';

export interface PermissionsToCheck {
  /** What is deployed now; `undefined` for a first deploy. */
  readonly stack: FoundStack | undefined;
  readonly given: StackOptions;
}

/** Returns the calls that this deploy certainly makes, also by CloudFormation. Names are as CloudFormation generates them. */
function ofDeploy({ account }: AwsCaller, stackName: string, { stack, given }: PermissionsToCheck): Needed[] {
  const changing: Needed = {
    actions: [
      'cloudformation:CreateChangeSet',
      'cloudformation:DescribeChangeSet',
      'cloudformation:DescribeStackEvents',
      'cloudformation:ExecuteChangeSet',
    ],
    resource: `arn:aws:cloudformation:us-east-1:${account}:stack/${stackName}/x`,
  };
  if (stack !== undefined) return [changing];
  const { bucketName, userPool = true } = given;
  const pools = `arn:aws:cognito-idp:us-east-1:${account}:userpool`;
  const pool = [
    { actions: ['cognito-idp:CreateUserPool'], resource: '*' },
    { actions: ['cognito-idp:CreateUserPoolClient'], resource: `${pools}/us-east-1_x` },
  ];
  return [
    changing,
    {
      // A bucket with a chosen name can already exist.
      actions: [...(bucketName === undefined ? ['s3:CreateBucket'] : []), 's3:PutBucketPolicy'],
      resource: `arn:aws:s3:::${bucketName ?? `${bucketBeginning(stackName)}bucket-x`}`,
    },
    ...(userPool ? pool : []),
    {
      actions: ['iam:CreateRole', 'iam:PassRole', 'iam:PutRolePolicy'],
      resource: `arn:aws:iam::${account}:role/${stackName}-EdgeRole-x`,
    },
    {
      actions: ['lambda:CreateFunction', 'lambda:PublishVersion'],
      resource: `arn:aws:lambda:us-east-1:${account}:function:${stackName}-EdgeFunction-x`,
    },
    {
      actions: ['cloudfront:CreateDistribution'],
      resource: `arn:aws:cloudfront::${account}:distribution/x`,
    },
    {
      actions: ['cloudfront:CreateOriginAccessControl'],
      resource: `arn:aws:cloudfront::${account}:origin-access-control/x`,
    },
  ];
}

/**
 * Returns the actions of the operator's policy, including those for the given options. Actions covered by a pattern are
 * not listed.
 */
function ofThePolicy({ account }: AwsCaller, stackName: string, deploying?: PermissionsToCheck): Needed[] {
  const scope = { account, stackName, deployOnly: deploying !== undefined };
  const { given = {} } = deploying ?? {};
  const flags = OPTION_NAMES.filter((name) => given[name] !== undefined).map((name) => KINDS[name].flag);
  const extras = operatorPolicy({ ...scope, extras: true }).filter(({ neededBy = [] }) =>
    neededBy.some((one) => flags.some((flag) => flag === one)),
  );
  return [...operatorPolicy(scope), ...extras].map(({ actions, resources: [resource = '*'] }) => ({
    actions: actions.filter((action) => !action.endsWith('*')),
    resource: resource === '*' ? resource : resource.replaceAll('*', 'x'),
  }));
}

const PRINT_POLICY = command`edge-upload policy`;
const PRINT_EXTRAS = command`edge-upload policy --extras`;

/**
 * Checks with IAM which permissions are missing. Without `deploying`, checks the whole operator's policy and warns of
 * missing permissions. Otherwise, refuses the deploy, before any change, if a call that it certainly makes is denied.
 */
export function permissionsCheck(
  work: StackWork,
  caller: () => AwsCaller | undefined,
  deploying?: PermissionsToCheck,
): Check {
  const { stackName, context } = work;
  return {
    name: 'permissions',
    run: async () => {
      const asking = caller();
      if (asking === undefined) return { skipped: 'the caller is not known' };
      if (isRoot(asking)) return { found: 'the root user has all permissions' };
      let principal: string | undefined;
      let missing: Denied[];
      const sure = deploying === undefined ? [] : ofDeploy(asking, stackName, deploying);
      try {
        principal = await principalOf(work, asking);
        missing = await simulateDenied(work, principal, [
          ...sure,
          ...ofThePolicy(asking, stackName, deploying),
        ]);
      } catch (error) {
        if (work.context.signal.aborted) throw interrupted();
        const { name } = error as Error;
        context.ui.event({
          type: 'warning',
          text: `IAM does not report the permissions (${name}). A missing one is found only when it is needed.`,
        });
        const action = principal === undefined ? 'iam:GetRole' : 'iam:SimulatePrincipalPolicy';
        return { skipped: whyUnanswered(error, 'IAM', action) };
      }
      const fatal = missing.filter(({ action, resource }) =>
        sure.some((one) => one.resource === resource && one.actions.includes(action)),
      );
      if (fatal.length > 0) {
        throw accessDenied(
          { principal, denied: fatal },
          `${asking.arn} does not have the permissions to deploy: ${actionNames(fatal)}. Nothing was changed.`,
          ['Ask the administrator of the AWS account for the whole policy:', PRINT_POLICY],
        );
      }
      if (missing.length === 0) return { found: 'all that an operator needs' };
      context.ui.event({
        type: 'warning',
        text: [
          `IAM reports that these actions are not allowed: ${actionNames(missing)}. Print the policy that an operator needs:`,
          PRINT_POLICY,
          ...(missing.some(isExtra) ? [PRINT_EXTRAS] : []),
        ],
      });
      return { found: `${missing.length} missing` };
    },
  };
}
