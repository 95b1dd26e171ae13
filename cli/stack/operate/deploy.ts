import { isDeepStrictEqual } from 'node:util';
import type { EdgeKeys, TrustedKeys } from '../../../infra/edge-code.ts';
import type { StackOptions } from '../../../infra/options.ts';
import { omitUndefined } from '../../../protocol/fields.ts';
import { sameCommand } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import { checkpoint, resumable } from '../../network/cancellation.ts';
import { asTask } from '../../ui/create.ts';
import { overtaken } from '../aws-calls.ts';
import { refuseByStackPolicy } from '../checks/stack-policy.ts';
import { type FoundStack, findStack, isIdle, type StackWork } from '../find-stack.ts';
import { readOptions, stackTags } from '../options/deployed-options.ts';
import { verifyingKeys } from '../signing/signing-key.ts';
import { trustedKeys } from '../template/key-sets.ts';
import { bakedConfig, createTemplate, deployedTemplate, edgeKeys } from '../template/template.ts';
import { discardPlan, executeChange, planChange, refusing } from './change-set.ts';
import { operationFailure, runOperation } from './follow.ts';
import type { Agreement, PlannedChange } from './plan.ts';
import { policyRepair } from './policy-repair.ts';

/** What is deployed, and what is wanted instead. */
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
  /** Keys of trusted issuers that were already downloaded, by alias. */
  readonly keySets?: TrustedKeys['keySets'] | undefined;
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

async function deployRounds(
  work: StackWork,
  { found, template: deployed, options, previous, keySets }: WantedChange,
  { dryRun, revertDrift, agree }: DeployWay,
): Promise<Deployed> {
  // Before anything is changed.
  const trusted = await trustedKeys(work, options, bakedConfig(deployed), keySets);
  const tags = stackTags(options, previous);
  let stack = found;
  let changed = false;
  for (let round = 0; round < ROUNDS; round += 1) {
    checkpoint(work.context.signal, AGAIN);
    if (stack !== undefined && !isIdle(stack)) {
      const { settledStack } = await import('./settle.ts');
      stack = await settledStack(work, stack, { dryRun });
    }
    const { signing, unusable = [] } =
      options.signing === undefined ? {} : await verifyingKeys(work, options, stack);
    if (round === 0) warnOfKeys(work, unusable);
    // A key that is scheduled for deletion counts as deleted. A new one would invalidate every link and key.
    if (revertDrift && unusable[0] !== undefined) throw unusable[0];
    const isSigned = signing?.length === options.signing?.keys.length;
    const edge = await edgeKeys(work, stack, options, { ...trusted, ...omitUndefined({ signing }) });
    const template = await prepareTemplate(work, options, edge);
    const to = stack === undefined ? 'NEW' : stack.status === 'REVIEW_IN_PROGRESS' ? 'PLANNED' : 'EXISTING';
    const part = edge === undefined ? firstHalf(options) : 'the stack';
    const plan = await asTask(work.context.ui, `Planning ${part}`, planDetail, () =>
      planChange(work, template, to, {
        tags,
        // A stack with a bucket imports no other.
        importsExisting: options.bucketName !== undefined && to !== 'EXISTING',
        revertDrift,
        bucket: stack?.outputs.bucket,
      }),
    );
    const repair =
      revertDrift && stack !== undefined && to === 'EXISTING'
        ? await policyRepair(work, stack, plan?.steps ?? [])
        : undefined;
    const steps = [...(plan?.steps ?? []), ...(repair === undefined ? [] : [repair.step])];
    if (plan === undefined && repair !== undefined && !(await agree({ to, steps }, undefined))) {
      return { outcome: 'declined', stack };
    }
    if (plan !== undefined) {
      const agreed = await refusing(work, plan, async () => {
        if (to === 'EXISTING') {
          // From now on, CloudFormation discards the change set if the stack changes.
          if (!(await keeps(work, plan.stackId, changed ? options : previous))) throw overtaken(work);
          // A stack that this deploy created has no policy.
          if (found !== undefined) await refuseByStackPolicy(work, plan.stackId, plan.steps);
        }
        return agree({ to, steps }, edge === undefined ? 'edge' : isSigned ? undefined : 'verifying');
      });
      if (!agreed) {
        await discardPlan(work, plan);
        return { outcome: 'declined', stack };
      }
      await apply(work, plan);
      changed = true;
      stack = await findStack(work);
      // A stack that somebody else deletes meanwhile must not be created again.
      if (stack === undefined) throw overtaken(work);
    }
    if (repair !== undefined) {
      await repair.run();
      changed = true;
    }
    const { userPoolId, clientId } = edge?.pool ?? {};
    const { outputs } = stack ?? {};
    const isCurrent = outputs?.userPoolId === userPoolId && outputs?.clientId === clientId;
    if (edge !== undefined && isSigned && isCurrent)
      return { outcome: changed ? 'changed' : 'unchanged', stack };
  }
  throw new UserError(
    'stack_failed',
    `The user pool or the signing keys of the stack “${work.stackName}” keep changing while it is deployed.`,
    {
      hint: ['See whether something else deploys the same stack, then run again:', sameCommand``],
    },
  );
}

/** Warns of keys that cannot sign. They do not prevent a deploy: the edge verifies without KMS. */
function warnOfKeys({ context: { ui } }: StackWork, unusable: readonly UserError[]): void {
  for (const { message, hintLines } of unusable) {
    ui.event({ type: 'warning', text: [message, 'What it signed stays valid.', ...hintLines] });
  }
}

/** Whether the stack was last deployed with these options. */
async function keeps(work: StackWork, stackId: string, options: StackOptions): Promise<boolean> {
  const deployed = readOptions(await deployedTemplate(work, stackId));
  return isDeepStrictEqual(deployed, JSON.parse(JSON.stringify(options)));
}

function prepareTemplate(
  { context: { ui }, stackName }: StackWork,
  options: StackOptions,
  edge: EdgeKeys | undefined,
): Promise<string> {
  const part = edge === undefined ? `the template of ${firstHalf(options)}` : 'the whole template';
  return asTask(
    ui,
    `Preparing ${part}`,
    (template) => `${Buffer.byteLength(template).toLocaleString('en-US')} bytes`,
    () => createTemplate({ stackName, options, edge }),
  );
}

/** Describes the resources of a first deploy's first step. */
function firstHalf({ userPool = true }: StackOptions): string {
  return userPool ? 'bucket and user pool' : 'bucket';
}

function planDetail(plan: PlannedChange | undefined): string {
  return plan === undefined ? 'nothing to change' : `${plan.steps.length} to change`;
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
