import { isDeepStrictEqual } from 'node:util';
import type { StackOptions } from '../../../infra/options.ts';
import { interrupted } from '../../errors.ts';
import { type AwsCaller, isRoot, whyUnanswered } from '../aws-calls.ts';
import { type FoundStack, isToCreate, type StackWork } from '../find-stack.ts';
import { KINDS, OPTION_NAMES } from '../options/kinds.ts';
import { operatorPolicy } from '../policy/operator-policy.ts';
import { neededToCreate } from './change-permissions.ts';
import type { Check } from './check.ts';
import {
  accessDenied,
  actionNames,
  type Denied,
  type Needed,
  policyCommands,
  principalOf,
  simulateDenied,
} from './simulation.ts';

export interface PermissionsToCheck {
  /** What is deployed now; `undefined` for a first deploy. */
  readonly stack: FoundStack | undefined;
  /** The options before and after the deploy. */
  readonly previous: StackOptions;
  readonly options: StackOptions;
  /** Whether nothing will be changed. A missing permission is then a warning. */
  readonly dryRun: boolean;
}

/**
 * Returns the calls that this deploy certainly makes, also by CloudFormation. Only the plan of a later deploy shows what
 * CloudFormation calls: see `refuseUnpermittedChange`.
 */
async function ofDeploy(
  work: StackWork,
  { account }: AwsCaller,
  { stack, options }: PermissionsToCheck,
): Promise<Needed[]> {
  const changing: Needed = {
    actions: [
      'cloudformation:CreateChangeSet',
      'cloudformation:DescribeChangeSet',
      'cloudformation:DescribeStackEvents',
      'cloudformation:ExecuteChangeSet',
    ],
    resource: `arn:aws:cloudformation:us-east-1:${account}:stack/${work.stackName}/x`,
  };
  return isToCreate(stack) ? [changing, ...(await neededToCreate(work, account, options))] : [changing];
}

/**
 * Returns the actions of the operator's policy, including those for the changed options. Actions covered by a pattern are
 * not listed.
 */
function ofThePolicy({ account }: AwsCaller, stackName: string, deploying?: PermissionsToCheck): Needed[] {
  const scope = { account, stackName, deployOnly: deploying !== undefined };
  const { previous = {}, options = {} } = deploying ?? {};
  const flags = OPTION_NAMES.filter(
    (name) => options[name] !== undefined && !isDeepStrictEqual(options[name], previous[name]),
  ).map((name) => KINDS[name].flag);
  const extras = operatorPolicy({ ...scope, extras: true }).filter(({ neededBy = [] }) =>
    neededBy.some((one) => flags.some((flag) => flag === one)),
  );
  return [...operatorPolicy(scope), ...extras].map(({ actions, resources: [resource = '*'] }) => ({
    actions: actions.filter((action) => !action.includes('*')),
    resource: resource === '*' ? resource : resource.replaceAll('*', 'x'),
  }));
}

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
      const sure = deploying === undefined ? [] : await ofDeploy(work, asking, deploying);
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
      if (fatal.length > 0 && !deploying?.dryRun) {
        throw accessDenied(
          { principal, denied: fatal },
          `${asking.arn} does not have the permissions to deploy: ${actionNames(fatal)}. Nothing was changed.`,
        );
      }
      if (missing.length === 0) return { found: 'all that an operator needs' };
      context.ui.event({
        type: 'warning',
        text: [
          `IAM reports that these actions are not allowed: ${actionNames(missing)}. Print the policy that an operator needs:`,
          ...policyCommands(missing),
        ],
      });
      return { found: `${missing.length} missing` };
    },
  };
}
