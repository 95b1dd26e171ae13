import { command } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import { STACK_REGION } from '../../network/aws.ts';
import { resourceName } from '../../ui/resource-words.ts';
import { onAws } from '../aws-calls.ts';
import type { StackWork } from '../find-stack.ts';
import type { PlannedStep } from '../operate/plan.ts';
import { covers, listed, mentions, type PolicyStatement, statementsOf } from './policy-statements.ts';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html */
const ACTIONS: Readonly<Record<PlannedStep['what'], string | undefined>> = {
  add: undefined,
  adopt: undefined,
  change: 'Update:Modify',
  replace: 'Update:Replace',
  remove: 'Update:Delete',
  leave: 'Update:Delete',
};

/** The only condition that stack policies have: the type of the resource. */
function conditionHolds({ Condition = {} }: PolicyStatement, type: string): boolean {
  return Object.entries(Condition).every(([operator, keys]) => {
    const types = listed(keys.ResourceType);
    if (operator === 'StringLike') return types.some((pattern) => covers(pattern, type));
    if (operator === 'StringNotLike') return !types.some((pattern) => covers(pattern, type));
    if (operator === 'StringNotEquals') return !types.includes(type);
    return types.includes(type);
  });
}

/** Returns the steps that a stack policy denies. It denies everything that no statement allows. */
export function deniedSteps(policy: string, steps: readonly PlannedStep[]): PlannedStep[] {
  const statements = statementsOf(policy);
  return steps.filter(({ what, logicalId, type }) => {
    const action = ACTIONS[what];
    if (action === undefined) return false;
    const applying = statements.filter(
      (statement) =>
        mentions(statement, action, `LogicalResourceId/${logicalId}`) && conditionHolds(statement, type),
    );
    const allowed = applying.some(({ Effect }) => Effect === 'Allow');
    return !allowed || applying.some(({ Effect }) => Effect === 'Deny');
  });
}

/** Errors after which CloudFormation makes the check: it refuses the update and rolls it back. */
const UNSEEN = new Set(['AccessDenied', 'InvalidAction']);

async function stackPolicy({ clients, stackName }: StackWork, stackId: string): Promise<string | undefined> {
  const { GetStackPolicyCommand } = await import('@aws-sdk/client-cloudformation');
  return onAws(`Reading the stack policy of “${stackName}”`, async () => {
    try {
      const { StackPolicyBody } = await clients.cloudformation.send(
        new GetStackPolicyCommand({ StackName: stackId }),
      );
      return StackPolicyBody || undefined;
    } catch (error) {
      if (error instanceof Error && UNSEEN.has(error.name)) return undefined;
      throw error;
    }
  });
}

const ALLOW_ALL = '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"Update:*","Resource":"*"}]}';

/**
 * Refuses a planned change that would fail halfway because of the stack policy.
 * @throws {UserError} `stack_protected`
 */
export async function refuseByStackPolicy(
  work: StackWork,
  stackId: string,
  steps: readonly PlannedStep[],
): Promise<void> {
  const policy = await stackPolicy(work, stackId);
  const denied = policy === undefined ? [] : deniedSteps(policy, steps);
  if (denied.length === 0) return;
  const what = denied.map(({ what, type, logicalId }) => `${what} the ${resourceName(type)} (${logicalId})`);
  throw new UserError(
    'stack_protected',
    `The stack policy of “${work.stackName}” does not allow this change: ${what.join(', ')}. Nothing was changed.`,
    {
      hint: [
        'Allow the change, then run the same command again:',
        command`aws cloudformation set-stack-policy --region ${STACK_REGION} --stack-name ${work.stackName} --stack-policy-body ${ALLOW_ALL}`,
      ],
    },
  );
}
