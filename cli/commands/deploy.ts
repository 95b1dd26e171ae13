import { policyOf, type TrustedKeys } from '../../infra/edge-code.ts';
import type { StackOptions } from '../../infra/options.ts';
import { omitUndefined } from '../../protocol/fields.ts';
import type { Context, Result } from '../context.ts';
import { STACK_REGION } from '../network/aws.ts';
import { allEnded, resumable } from '../network/cancellation.ts';
import { timeAtAws } from '../stack/aws-calls.ts';
import { refuseBucket } from '../stack/checks/bucket.ts';
import { edgeServes } from '../stack/checks/edge-probe.ts';
import { keyPolicyFor, refuseUnusableKey } from '../stack/checks/kms-key.ts';
import { checkAccount, preflight } from '../stack/checks/preflight.ts';
import { refuseUnsignable } from '../stack/checks/signing-permissions.ts';
import type { StackWork } from '../stack/find-stack.ts';
import { keepLogsBounded } from '../stack/logs/log-groups.ts';
import { deployStack, type WantedChange } from '../stack/operate/deploy.ts';
import { deployedResult, plannedResult, remember } from '../stack/operate/deployed-result.ts';
import { type Asking, createAgreement } from '../stack/operate/plan.ts';
import { optionChanges, readOptions, requireDeployable } from '../stack/options/deployed-options.ts';
import { askedOptions, mergeOptions, type OptionFlags, unsetNotes } from '../stack/options/merge-options.ts';
import { readLogo } from '../stack/options/page-logo.ts';
import { type Kept, listKept, placeOf, recordKept } from '../stack/remains.ts';
import { withoutEnded } from '../stack/signing/signing-options.ts';
import { refuseDowngrade, templateIfThere } from '../stack/template/template.ts';
import { claimWarnings } from '../trust/claim-warnings.ts';
import {
  type OperatorArgs,
  type OperatorTarget,
  openAws,
  openLocal,
  openStack,
  refuseOtherAccount,
  refuseOtherCloud,
  requireTarget,
  targetOrDefault,
} from './operator.ts';

export interface ApplyArgs extends OperatorArgs, Asking {
  /** Change back what was changed outside of CloudFormation. */
  readonly revertDrift?: boolean;
  /** Replace the edge of a later version. */
  readonly allowDowngrade?: boolean;
}

export interface DeployArgs extends ApplyArgs, Omit<OptionFlags, 'local'> {
  /** A deployment file, which has all options. */
  readonly file?: string;
}

/** Creates or updates the stack, and remembers the deployment. */
export async function deploy(context: Context, args: DeployArgs): Promise<Result> {
  const { given, change } =
    args.file === undefined
      ? await fromFlags(context, args)
      : await (await import('./deploy/from-file.ts')).fromFile(context, args.file, args);
  const target = await targetOrDefault(context);
  // Without --local, the recorded deployment decides where to deploy. Otherwise, both must agree.
  refuseOtherCloud(context, target, args);
  const { stackName } = target;
  const work = args.local
    ? await openLocal(context, stackName)
    : await openAws(context, stackName, args.profile);
  return applyTo({ context, target, work, args, given }, change);
}

/** The options of the command line change those of the deployment. */
async function fromFlags(
  context: Context,
  args: DeployArgs,
): Promise<{ readonly given: StackOptions; readonly change: ChangeOptions }> {
  const pageLogo = args.pageLogo && (await readLogo(context, args.pageLogo));
  const { given, unset } = askedOptions({ ...args, ...omitUndefined({ pageLogo }) });
  return {
    given,
    change(previous) {
      const options = mergeOptions(previous, given, unset);
      for (const text of unsetNotes(options, unset)) context.ui.event({ type: 'note', text });
      for (const text of (options.trust ?? []).flatMap(claimWarnings))
        context.ui.event({ type: 'warning', text });
      return { options };
    },
  };
}

interface Changed {
  readonly options: StackOptions;
  /** Keys of trusted issuers that were already downloaded, by alias. */
  readonly keySets?: TrustedKeys['keySets'];
}

/** Returns what to deploy, by the options of the deployment. Throws to change nothing. */
type ChangeOptions = (previous: StackOptions, work: StackWork) => Changed | Promise<Changed>;

/** Deploys an existing deployment with changed options: the plan, the question, the change and its result. */
export async function applyOptions(
  context: Context,
  args: ApplyArgs,
  change: ChangeOptions,
): Promise<Result> {
  const target = await requireTarget(context, args);
  const work = await openStack(context, target, args);
  return applyTo({ context, target, work, args, mustExist: true }, change);
}

interface Applying {
  readonly context: Context;
  readonly target: OperatorTarget;
  /** Its clients are closed at the end. */
  readonly work: StackWork;
  readonly args: ApplyArgs;
  /** Options as given. */
  readonly given?: StackOptions;
  readonly mustExist?: boolean;
}

async function applyTo(applying: Applying, change: ChangeOptions): Promise<Result> {
  const { context, work, args } = applying;
  const { stackName, local } = work;
  const { dryRun = false, revertDrift = false } = args;
  try {
    const where = local === undefined ? `to AWS, ${STACK_REGION}` : 'to the embedded cloud';
    context.ui.event({ type: 'heading', text: `Deploying ${stackName} ${where}` });
    const wanted = await resumable('Nothing was changed.', () => prepare(applying, change));
    const { found, previous, options } = wanted;
    const isPolicyShown = await showKeyPolicy(work, wanted);
    const leaving = await poolToLeave(work, wanted);
    const agreement = createAgreement(work, args, optionChanges(previous, options));
    const { outcome, stack } = await deployStack(work, wanted, {
      dryRun,
      revertDrift,
      async agree(plan, next) {
        const agreed = await agreement.agree(plan, next);
        // Before the change, which CloudFormation finishes after Ctrl-C too.
        if (agreed && leaving !== undefined) await recordKept(context, leaving);
        return agreed;
      },
    });
    if (dryRun) return plannedResult(stackName, agreement);
    if (outcome === 'declined') return { document: { stackName, outcome }, text: 'Nothing was changed.' };
    return await resumable('The stack is deployed.', async () => {
      const { outputs = {} } = stack ?? {};
      const deployment = await remember(context, work, outputs, options);
      const { url } = deployment;
      const isNewEdge = found?.outputs.edgeFunction === undefined;
      await allEnded([
        edgeServes(context, { ...deployment, policy: policyOf(options), trust: options.trust ?? [] }),
        isNewEdge || keepLogsBounded(work, outputs),
        // No command remembers the limits of a new edge.
        found && outcome === 'changed' && forgetLimits(context, url),
      ]);
      // The first request, above, creates the log group.
      if (isNewEdge) await keepLogsBounded(work, outputs, { isNew: true });
      return deployedResult(work, { outcome, stack, url, options, previous, isPolicyShown });
    });
  } finally {
    work.clients.close();
  }
}

/** Reads the deployed stack and checks the requested options before anything is changed. */
async function prepare(
  { context, target, work, args, given = {}, mustExist = false }: Applying,
  change: ChangeOptions,
): Promise<WantedChange> {
  const { dryRun = false, revertDrift = false, allowDowngrade = false } = args;
  await refuseOtherAccount(work, target);
  const found = await preflight(work, { given, mustExist: mustExist || revertDrift, revertDrift });
  const template = await templateIfThere(work, found);
  if (!allowDowngrade) await refuseDowngrade(work, template);
  const previous = readOptions(template);
  const { options: changed, keySets } = await change(previous, work);
  const options = changed.signing === undefined ? changed : withoutEnded(changed, timeAtAws(work));
  requireDeployable(options);
  await checkAccount(work, { stack: found, previous, options, dryRun });
  if (found !== undefined) await refuseBucket(work, found, options);
  if (options.kmsKeyArn !== undefined) await refuseUnusableKey(work, options.kmsKeyArn);
  if (options.signing !== undefined) await refuseUnsignable(work, found, { previous, options });
  if (found === undefined) await offerKept(context, work, options);
  return { found, template, previous, options, keys: { fetched: keySets, keepsDeployed: mustExist } };
}

/** Loads the code of uploads on demand. */
async function forgetLimits(context: Context, url: string): Promise<void> {
  await (await import('../transfer/limits.ts')).forgetLimits(context, url);
}

/** Shows what the policy of another KMS key needs: it can be changed before uploads need it. */
async function showKeyPolicy(
  work: StackWork,
  { found, previous, options: { kmsKeyArn } }: WantedChange,
): Promise<boolean> {
  if (kmsKeyArn === undefined || kmsKeyArn === previous.kmsKeyArn) return false;
  const keyPolicy = await keyPolicyFor(work, found, kmsKeyArn);
  if (keyPolicy !== undefined) work.context.ui.event({ type: 'note', text: [...keyPolicy.lines] });
  return keyPolicy !== undefined;
}

/** Returns the user pool that stays in the account when this deploy removes it from the stack. */
async function poolToLeave(
  work: StackWork,
  { found, previous, options }: WantedChange,
): Promise<Kept | undefined> {
  const { retainData = false, userPool: had = true } = previous;
  if (!retainData || !had || options.userPool !== false) return undefined;
  const name = found?.outputs.userPoolId;
  return name === undefined ? undefined : { type: 'user pool', name, ...(await placeOf(work)) };
}

/** A new stack gets a new bucket, unless an option names a bucket of an earlier stack to adopt. */
async function offerKept(context: Context, work: StackWork, { bucketName }: StackOptions): Promise<void> {
  if (bucketName !== undefined || (await listKept(context)).length === 0) return;
  const { tellKept } = await import('../stack/operate/kept.ts');
  await tellKept(context, work);
}
