import { isDeepStrictEqual } from 'node:util';
import type { EdgeKeys } from '../../../infra/edge-code.ts';
import type { StackOptions } from '../../../infra/options.ts';
import { omitUndefined } from '../../../protocol/fields.ts';
import { UserError } from '../../errors.ts';
import { checkpoint, resumable } from '../../network/cancellation.ts';
import { sameCommand } from '../../same-command.ts';
import { asTask } from '../../ui/create.ts';
import { overtaken } from '../aws-calls.ts';
import { refuseUnpermittedChange } from '../checks/change-permissions.ts';
import { refuseByStackPolicy } from '../checks/stack-policy.ts';
import { type FoundStack, findStack, isIdle, type StackWork } from '../find-stack.ts';
import { readOptions, stackTags } from '../options/deployed-options.ts';
import { verifyingKeys } from '../signing/signing-key.ts';
import { type TrustedKeysOptions, trustedKeys } from '../template/key-sets.ts';
import { bakedConfig, createTemplate, deployedTemplate, edgeKeys } from '../template/template.ts';
import { discardPlan, executeChange, planChange, refusing } from './change-set.ts';
import { operationFailure, runOperation } from './follow.ts';
import type { Agreement, PlannedChange } from './plan.ts';
import { policyRepair } from './policy-repair.ts';

/** The deployed stack, and the requested options. */
export interface WantedChange {
  /** The stack and its template before the deploy; absent: there is none yet. */
  readonly found: FoundStack | undefined;
  readonly template: string | undefined;
  readonly options: StackOptions;
  /**
   * The stack's options that these were derived from. If another deploy has changed them, for example revoked a link,
   * this deploy must not undo it.
   */
  readonly previous: StackOptions;
  readonly keys?: TrustedKeysOptions;
}

interface DeployWay {
  /** Whether to change nothing, not even an unfinished earlier operation. */
  readonly dryRun: boolean;
  /** Whether to change back what was changed outside of CloudFormation. */
  readonly revertDrift: boolean;
  /** Asks before each change; false cancels it. */
  readonly agree: Agreement['agree'];
}

export interface Deployed {
  readonly outcome: 'changed' | 'unchanged' | 'declined';
  /** The stack after the deploy. Absent only if the creation was declined. */
  readonly stack: FoundStack | undefined;
}

const AGAIN = ['To continue from here:', sameCommand``];

/** Maximum rounds: two for a new pool or signing key, and two more if a change replaces the pool. */
const ROUNDS = 4;

/**
 * Deploys the stack. The edge function's code contains the pool's identity and the public signing keys, so the stack is
 * applied until the code contains the current ones: twice for a first deploy, usually once later. The first round also
 * creates the bucket, which the second one needs for a large template.
 */
export function deployStack(work: StackWork, wanted: WantedChange, way: DeployWay): Promise<Deployed> {
  return resumable(AGAIN, () => deployRounds(work, wanted, way));
}

async function deployRounds(work: StackWork, wanted: WantedChange, way: DeployWay): Promise<Deployed> {
  const { found, template, options, keys } = wanted;
  // Before anything is changed.
  const trusted = await trustedKeys(work, options, bakedConfig(template), keys);
  let stack = found;
  let changed = false;
  for (let round = 0; round < ROUNDS; round += 1) {
    checkpoint(work.context.signal, AGAIN);
    if (stack !== undefined && !isIdle(stack)) {
      const { settledStack } = await import('./settle.ts');
      stack = await settledStack(work, stack, way);
    }
    const signing = await keysToBake(work, stack, options, { ...way, isFirst: round === 0 });
    const edge = await edgeKeys(work, stack, options, { ...trusted, ...omitUndefined({ signing }) });
    const isSigned = signing?.length === options.signing?.keys.length;
    const applied = await deployRound(work, wanted, way, { stack, edge, isSigned, changed });
    if (applied === 'declined') return { outcome: 'declined', stack };
    ({ stack, changed } = applied);
    if (edge !== undefined && isSigned && hasPoolOf(edge, stack)) {
      return { outcome: changed ? 'changed' : 'unchanged', stack };
    }
  }
  const message = `The user pool or the signing keys of the stack “${work.stackName}” keep changing while it is deployed.`;
  throw new UserError('stack_failed', message, {
    hint: ['See whether something else deploys the same stack, then run again:', sameCommand``],
  });
}

/**
 * Returns the public signing keys to bake; fewer than the options name before the stack has all of them. Keys that cannot
 * sign do not prevent a deploy: the edge verifies without KMS.
 */
async function keysToBake(
  work: StackWork,
  stack: FoundStack | undefined,
  options: StackOptions,
  { revertDrift, isFirst }: DeployWay & { readonly isFirst: boolean },
): Promise<EdgeKeys['signing']> {
  if (options.signing === undefined) return undefined;
  const { signing, unusable } = await verifyingKeys(work, options, stack);
  for (const { message, hintLines } of isFirst ? unusable : []) {
    const text = [message, 'What it signed stays valid.', ...hintLines];
    work.context.ui.event({ type: 'warning', text });
  }
  // A key that is scheduled for deletion counts as deleted. A new one would invalidate every link and key.
  if (revertDrift && unusable[0] !== undefined) throw unusable[0];
  return signing;
}

/** Whether the stack has the user pool whose identity is in the edge function's code. */
function hasPoolOf({ pool }: EdgeKeys, stack: FoundStack | undefined): boolean {
  const { userPoolId, clientId } = stack?.outputs ?? {};
  return userPoolId === pool?.userPoolId && clientId === pool?.clientId;
}

/** What one round starts from. */
interface Round {
  readonly stack: FoundStack | undefined;
  /** Absent for the first step of a new stack. */
  readonly edge: EdgeKeys | undefined;
  /** Whether the edge function's code contains all signing keys. */
  readonly isSigned: boolean;
  /** Whether an earlier round changed the stack. */
  readonly changed: boolean;
}

/** Plans the change of one round, asks, and applies it. */
async function deployRound(
  work: StackWork,
  wanted: WantedChange,
  way: DeployWay,
  round: Round,
): Promise<Pick<Round, 'stack' | 'changed'> | 'declined'> {
  const { stack, changed } = round;
  const plan = await planRound(work, wanted, way, round);
  const repair =
    way.revertDrift && stack !== undefined && stateOf(stack) === 'EXISTING'
      ? await policyRepair(work, stack, plan?.steps ?? [])
      : undefined;
  const repairs = repair === undefined ? [] : [repair.step];
  if (plan === undefined) {
    if (repair === undefined) return { stack, changed };
    if (!(await way.agree({ to: 'EXISTING', steps: repairs }, undefined))) return 'declined';
    await repair.run();
    return { stack, changed: true };
  }
  const agreed = await refusing(work, plan, async () => {
    await refuseOvertaken(work, wanted, plan, { stack, changed, dryRun: way.dryRun });
    const next = round.edge === undefined ? 'edge' : round.isSigned ? undefined : 'verifying';
    return way.agree({ to: plan.to, steps: [...plan.steps, ...repairs] }, next);
  });
  if (!agreed) {
    await discardPlan(work, plan);
    return 'declined';
  }
  await apply(work, plan);
  const updated = await findStack(work);
  // A stack that somebody else deletes meanwhile must not be created again.
  if (updated === undefined) throw overtaken(work);
  await repair?.run();
  return { stack: updated, changed: true };
}

function stateOf(stack: FoundStack | undefined): PlannedChange['to'] {
  if (stack === undefined) return 'NEW';
  return stack.status === 'REVIEW_IN_PROGRESS' ? 'PLANNED' : 'EXISTING';
}

async function planRound(
  work: StackWork,
  { options, previous }: WantedChange,
  { revertDrift }: DeployWay,
  { stack, edge }: Round,
): Promise<PlannedChange | undefined> {
  const {
    stackName,
    context: { ui },
  } = work;
  const half = options.userPool === false ? 'bucket' : 'bucket and user pool';
  const template = await asTask(
    ui,
    `Preparing ${edge === undefined ? `the template of ${half}` : 'the whole template'}`,
    (text) => `${Buffer.byteLength(text).toLocaleString('en-US')} bytes`,
    () => createTemplate({ stackName, options, edge }),
  );
  const to = stateOf(stack);
  return asTask(
    ui,
    `Planning ${edge === undefined ? half : 'the stack'}`,
    (plan) => (plan === undefined ? 'nothing to change' : `${plan.steps.length} to change`),
    () =>
      planChange(work, template, to, {
        tags: stackTags(options, previous),
        // A stack with a bucket imports no other.
        importsExisting: options.bucketName !== undefined && to !== 'EXISTING',
        revertDrift,
        bucket: stack?.outputs.bucket,
      }),
  );
}

/** Refuses a plan for a stack that another deploy changed meanwhile, and one that a policy forbids. */
async function refuseOvertaken(
  work: StackWork,
  { found, options, previous }: WantedChange,
  { to, stackId, steps }: PlannedChange,
  { stack, changed, dryRun }: Pick<Round, 'stack' | 'changed'> & Pick<DeployWay, 'dryRun'>,
): Promise<void> {
  if (to !== 'EXISTING' || stack === undefined) return;
  // From now on, CloudFormation discards the change set if the stack changes.
  const deployed = readOptions(await deployedTemplate(work, stackId));
  const expected: unknown = JSON.parse(JSON.stringify(changed ? options : previous));
  if (!isDeepStrictEqual(deployed, expected)) throw overtaken(work);
  // The permissions to create a stack were checked before, and a new stack has no policy.
  if (found === undefined) return;
  await refuseByStackPolicy(work, stackId, steps);
  await refuseUnpermittedChange(work, stack, steps, { dryRun });
}

async function apply(work: StackWork, plan: PlannedChange): Promise<void> {
  const { to, stackId } = plan;
  const doing = to === 'EXISTING' ? 'Updating' : 'Creating';
  const task = `${doing} the stack ${work.stackName}`;
  const failed = await runOperation(
    work,
    { task, stackId, succeeds: ['CREATE_COMPLETE', 'UPDATE_COMPLETE'] },
    () => executeChange(work, plan),
  );
  if (failed === undefined) return;
  throw operationFailure(work.stackName, doing, failed, [
    'Fix the cause, then continue from the current state:',
    sameCommand``,
  ]);
}
