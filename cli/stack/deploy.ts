import type { UploadPolicy } from '../../edge/config.ts';
import { UserError } from '../errors.ts';
import { executeChange, type PlannedChange, planChange } from './change-set.ts';
import { deleteStack } from './delete-stack.ts';
import { follow, operationFailure } from './follow.ts';
import { checkpoint, type StackWork } from './operation.ts';
import { type FoundStack, findStack, type StackOutputs } from './stacks.ts';
import { makeTemplate, type PoolIdentity } from './template.ts';

export interface DeployOptions {
  readonly policy: UploadPolicy;
  /** What the outputs say of the pool, with its keys. */
  readonly identityOf: (outputs: StackOutputs) => Promise<PoolIdentity | undefined>;
  /** Asked once, before the first change is made; false leaves everything as it is. */
  readonly agree: (plan: PlannedChange) => Promise<boolean>;
}

export interface Deployed {
  readonly outcome: 'changed' | 'unchanged' | 'declined';
  readonly outputs: StackOutputs;
}

/** An identity that changes between rounds means that the pool was replaced; more than once is no deployment of ours. */
const ROUNDS = 4;

/**
 * Brings the stack to what this version would deploy. The edge function has the pool's identity in its code, so the
 * stack is applied until the identity that came out is the one that was baked in: twice at first, once afterwards.
 */
export async function deployStack(work: StackWork, options: DeployOptions): Promise<Deployed> {
  let changed = false;
  let agreed = false;
  for (let round = 0; round < ROUNDS; round += 1) {
    checkpoint(work.context.signal, 'Type edge-upload deploy again; it goes on from here.');
    const before = await atRest(work);
    const identity = before === undefined ? undefined : await options.identityOf(before.outputs);
    const template = await templateOf(work, identity, options.policy);
    const type = before === undefined || before.status === 'REVIEW_IN_PROGRESS' ? 'CREATE' : 'UPDATE';
    const plan = await planning(work, template, type, identity);
    if (plan !== undefined) {
      agreed ||= await options.agree(plan);
      if (!agreed) return { outcome: 'declined', outputs: before?.outputs ?? {} };
      await apply(work, plan, type);
      changed = true;
    }
    const after = await findStack(work);
    const outputs = after?.outputs ?? {};
    const same = outputs.userPoolId === identity?.userPoolId && outputs.clientId === identity?.clientId;
    if (identity !== undefined && same) return { outcome: changed ? 'changed' : 'unchanged', outputs };
  }
  throw new UserError(
    'stack_failed',
    `The user pool of the stack “${work.stackName}” keeps changing while it is deployed.`,
    {
      hint: 'See whether something else deploys the same stack, then run edge-upload deploy again.',
    },
  );
}

async function templateOf(
  work: StackWork,
  identity: PoolIdentity | undefined,
  policy: UploadPolicy,
): Promise<string> {
  const { ui } = work.context;
  const task =
    identity === undefined
      ? 'Preparing the template of bucket and user pool'
      : 'Preparing the whole template';
  ui.event({ type: 'task-started', task });
  const { stackName } = work;
  const template = await makeTemplate({ stackName, policy, ...(identity === undefined ? {} : { identity }) });
  ui.event({
    type: 'task-done',
    task,
    detail: `${Buffer.byteLength(template).toLocaleString('en-US')} bytes`,
  });
  return template;
}

async function planning(
  work: StackWork,
  template: string,
  type: 'CREATE' | 'UPDATE',
  identity: PoolIdentity | undefined,
) {
  const { ui } = work.context;
  const task = identity === undefined ? 'Planning bucket and user pool' : 'Planning the stack';
  ui.event({ type: 'task-started', task });
  const plan = await planChange(work, template, type);
  const detail = plan === undefined ? 'nothing to change' : `${plan.changes.length} to change`;
  ui.event({ type: 'task-done', task, detail });
  return plan;
}

async function apply(work: StackWork, plan: PlannedChange, type: 'CREATE' | 'UPDATE'): Promise<void> {
  const { ui } = work.context;
  const task =
    type === 'CREATE' ? `Creating the stack ${work.stackName}` : `Updating the stack ${work.stackName}`;
  ui.event({ type: 'task-started', task });
  const token = await executeChange(work, plan);
  const ending = await follow(work, plan.stackId, ({ ClientRequestToken }) => ClientRequestToken === token);
  if (ending.status === 'CREATE_COMPLETE' || ending.status === 'UPDATE_COMPLETE') {
    ui.event({ type: 'task-done', task });
    return;
  }
  ui.event({ type: 'task-failed', task, detail: ending.status });
  throw operationFailure(
    work.stackName,
    type === 'CREATE' ? 'Creating' : 'Updating',
    ending,
    'Mend the cause, then run edge-upload deploy again; it goes on from the state that the stack is in.',
  );
}

/** The stack once nothing is under way in it and it can be changed; `undefined` where there is none. */
async function atRest(work: StackWork): Promise<FoundStack | undefined> {
  const stack = await findStack(work);
  if (stack === undefined || stack.status === 'REVIEW_IN_PROGRESS') return stack;
  const { ui } = work.context;
  if (stack.status.endsWith('_IN_PROGRESS')) {
    ui.event({
      type: 'note',
      text: `The stack ${work.stackName} is busy (${stack.status}); waiting until it is done.`,
    });
    await follow(work, stack.id, () => true);
    return atRest(work);
  }
  if (['ROLLBACK_COMPLETE', 'ROLLBACK_FAILED', 'CREATE_FAILED'].includes(stack.status)) {
    ui.event({
      type: 'note',
      text: `An earlier creation of ${work.stackName} failed; its remains are removed first.`,
    });
    await deleteStack(work, stack);
    return undefined;
  }
  if (['DELETE_FAILED', 'UPDATE_ROLLBACK_FAILED', 'UPDATE_FAILED'].includes(stack.status)) {
    throw new UserError(
      'stack_failed',
      `The stack “${work.stackName}” cannot be updated: it is ${stack.status}.`,
      {
        hint:
          stack.status === 'DELETE_FAILED'
            ? 'Finish taking it down with: edge-upload destroy   Then deploy again.'
            : 'Finish its rollback in the CloudFormation console (“Continue update rollback”), then deploy again.',
      },
    );
  }
  return stack;
}
