import { command, type HintLine } from '../command-line.ts';
import type { Context, Result } from '../context.ts';
import type { UserError } from '../errors.ts';
import { REPLACE_POOL } from '../identity/cognito-errors.ts';
import { packageVersion } from '../package-root.ts';
import { edgeUrl } from '../settings/edge-url.ts';
import { bucketGone } from '../stack/checks/bucket.ts';
import { stackSnapshot } from '../stack/checks/check.ts';
import { driftRow, RESTORE } from '../stack/checks/drift.ts';
import { issuerRows, issuersJson } from '../stack/checks/issuer-keys.ts';
import { signingKeyHints, signingKeyRows } from '../stack/checks/signing-key.ts';
import { writeDeployment } from '../stack/deployment-file.ts';
import {
  type FoundStack,
  findStack,
  finishing,
  isWhole,
  OUTPUT,
  requireStack,
  type StackWork,
  stackMissing,
} from '../stack/find-stack.ts';
import { type FoundKept, findKept, keptLines, NOT_COUNTED } from '../stack/operate/kept.ts';
import { clearLeftovers, warnOfOtherAccounts } from '../stack/operate/leftovers.ts';
import { type DescribedOption, optionsJson, readOptions } from '../stack/options/deployed-options.ts';
import { GoneRecords } from '../stack/remains.ts';
import { type Insight, lookInto, Parts, unreadJson, unreadLines } from '../stack/status/insight.ts';
import { deployedTemplate } from '../stack/template/template.ts';
import { count, formatBytes, formatMinute } from '../ui/format.ts';
import { resourceName } from '../ui/resource-words.ts';
import { fields } from '../ui/table-lines.ts';
import { type OperatorArgs, requireTarget, withStack } from './operator.ts';

export interface StatusArgs extends OperatorArgs {
  /** Lists the options without a value. */
  readonly verbose?: boolean;
  /** Prints the options and issuers as a file for `deploy --file`. */
  readonly yaml?: boolean;
}

/** Prints what is deployed, what this version would change, and what earlier deployments left. */
export async function status(context: Context, args: StatusArgs): Promise<Result> {
  return withStack(context, await requireTarget(context, args), args, async (work) => {
    if (args.yaml) return await asFile(work);
    const gone = new GoneRecords();
    const stack = await findStack(work);
    const parts = new Parts();
    const clearing = () =>
      clearLeftovers(context, work, {
        wait: false,
        gone,
        // The function of an existing stack is no leftover, even if an interrupted destroy recorded it.
        except: stack?.outputs.edgeFunction,
      });
    const leftovers = (await parts.read('leftovers', clearing)) ?? { removed: [], left: [] };
    const isThere = stack !== undefined && stack.status !== 'REVIEW_IN_PROGRESS';
    const snapshot = stackSnapshot(work, stack);
    const resources = isThere ? await parts.read('kept data', snapshot.resources) : [];
    // Without the list, data in use could be taken for data that was kept.
    const inUse = resources?.flatMap(({ physicalId }) => physicalId ?? []);
    const kept = inUse === undefined ? [] : await findKept(context, work, gone, { inUse });
    gone.warn(context);
    await warnOfOtherAccounts(context, work);
    const remains = leftovers.removed.length + leftovers.left.length + kept.length + parts.failed.size;
    if (!isThere && remains === 0) throw stackMissing(work);
    const insight = isThere ? await lookInto(work, stack, snapshot, parts) : undefined;
    return render(work, stack, insight, { ...leftovers, kept, parts }, args.verbose ?? false);
  });
}

async function asFile(work: StackWork): Promise<Result> {
  const options = readOptions(await deployedTemplate(work, (await requireStack(work)).id));
  const text = await writeDeployment(options);
  return {
    document: { stackName: work.stackName, options: optionsJson(options) },
    text: text.trimEnd().split('\n'),
  };
}

interface Remains {
  readonly removed: readonly string[];
  readonly left: readonly string[];
  readonly kept: readonly FoundKept[];
  readonly parts: Parts;
}

function render(
  work: StackWork,
  stack: FoundStack | undefined,
  insight: Insight = {},
  remains: Remains,
  verbose: boolean,
): Result {
  const rows = [
    ...stackRows(work, stack, insight, remains),
    ...issuerRows(insight.issuers ?? []),
    ...optionRows(insight.options ?? [], verbose),
  ];
  return {
    document: statusDocument(work, stack, insight, remains),
    text: [...fields(rows), ...nextSteps(stack, insight, remains)],
  };
}

type StatusRow = readonly [name: string, value: string | undefined];

function stackRows(
  { stackName, local }: StackWork,
  stack: FoundStack | undefined,
  insight: Insight,
  { removed, left, parts }: Remains,
): readonly StatusRow[] {
  const { objects, gone, poolGone, users, signingKeys = [] } = insight;
  const { bucket, userPoolId, edgeFunction } = stack?.outputs ?? {};
  const changedAt = stack?.changedAt?.toISOString();
  const deleted = 'deleted outside edge-upload';
  const inBucket = gone ? deleted : objectsText(objects, parts.failed.get('bucket'));
  return [
    ['stack', `${stackName}, ${stack?.status ?? 'gone'}${local === undefined ? '' : ' (embedded cloud)'}`],
    ['reason', stack?.reason],
    [stack && isWhole(stack) ? 'deployed' : 'changed', changedAt && `${formatMinute(changedAt)} UTC`],
    ['drift', stack && driftRow(stack)],
    ['edge', urlOf(stack)],
    ['bucket', bucket && `${bucket}: ${inBucket}`],
    ['user pool', userPoolId && `${userPoolId}: ${poolGone ? deleted : usersText(users)}`],
    ['function', edgeFunction],
    ...signingKeyRows(signingKeys),
    ['this version', versionText(insight)],
    ['removed', removed.length === 0 ? undefined : `${removed.join(', ')}, left by an earlier destroy`],
    [
      'left over',
      left.length === 0
        ? undefined
        : `${left.join(', ')}: CloudFront still has replicas; check again in a few hours`,
    ],
  ];
}

function urlOf(stack: FoundStack | undefined): string | undefined {
  const domain = stack?.outputs.domain;
  return domain === undefined ? undefined : edgeUrl(domain);
}

function optionRows(options: readonly DescribedOption[], verbose: boolean): readonly StatusRow[] {
  const set = options.filter(({ value }) => value !== undefined);
  const unset = options.filter(({ value }) => value === undefined);
  return [
    ...set.map(({ flag, text }) => [flag.slice(2), text] as const),
    ['options', defaultsText(unset, verbose)],
  ];
}

function statusDocument(
  { stackName, local }: StackWork,
  stack: FoundStack | undefined,
  {
    objects,
    gone,
    poolGone,
    users,
    differing,
    deployedBy,
    options = [],
    issuers = [],
    signingKeys = [],
  }: Insight,
  { removed, left, kept, parts }: Remains,
): Result['document'] {
  return {
    stackName,
    status: stack?.status ?? 'gone',
    reason: stack?.reason,
    local: local !== undefined,
    changedAt: stack?.changedAt?.toISOString(),
    drifted: stack?.drifted || undefined,
    url: urlOf(stack),
    outputs: Object.fromEntries(
      Object.entries(OUTPUT).flatMap(([key, name]) => {
        const value = stack?.outputs[key as keyof typeof OUTPUT];
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    objects: objects?.objects,
    bytes: objects?.bytes,
    bucketGone: gone || undefined,
    userPoolGone: poolGone || undefined,
    users,
    differing: differing === undefined ? null : [...differing],
    deployedBy,
    issuers: issuersJson(issuers),
    signingKeys: signingKeys.map(({ denied: _, ...key }) => ({ ...key })),
    options: options.map(({ name, flag, value = null }) => ({ name, flag, value })),
    leftovers: { removed: [...removed], left: [...left] },
    kept: kept.map(({ type, name, holds }) => ({ type, name, holds })),
    unread: unreadJson(parts),
  };
}

/** Returns what to do about the state of the stack. */
function nextSteps(
  stack: FoundStack | undefined,
  { gone, poolGone, differing = [], signingKeys = [] }: Insight,
  { kept, parts }: Remains,
): readonly HintLine[] {
  const isStuck = stack !== undefined && !isWhole(stack) && !stack.status.endsWith('_IN_PROGRESS');
  return [
    ...(differing.length > 0
      ? ['See what a deploy would change:', command`edge-upload deploy --dry-run`]
      : []),
    ...(isStuck ? finishing(stack) : []),
    ...(stack?.drifted ? ['List the changed resources:', command`edge-upload doctor`] : []),
    // A deleted pool or bucket is replaced, not changed back.
    ...(stack?.drifted && !gone && !poolGone ? RESTORE : []),
    ...(gone ? bucketGone(stack?.outputs.bucket ?? '').hintLines : []),
    ...(poolGone ? REPLACE_POOL : []),
    ...signingKeyHints(signingKeys),
    ...keptLines(kept),
    ...unreadLines(parts),
  ];
}

function objectsText(objects: Insight['objects'], error: UserError | undefined): string {
  if (objects !== undefined) return `${count(objects.objects, 'object')}, ${formatBytes(objects.bytes)}`;
  return error?.code === 'access_denied' ? NOT_COUNTED : 'not counted';
}

function usersText(users: number | undefined): string {
  return users === undefined ? 'users not counted' : count(users, 'user');
}

/** The options without a value. */
function defaultsText(unset: readonly DescribedOption[], verbose: boolean): string | undefined {
  if (unset.length === 0) return undefined;
  if (!verbose) return `${count(unset.length, 'default')} (--verbose)`;
  return `default: ${unset.map(({ flag }) => flag.slice(2)).join(', ')}`;
}

function versionText({ differing, deployedBy }: Insight): string | undefined {
  if (deployedBy !== undefined) return `${packageVersion()}, but ${deployedBy} deployed the stack`;
  if (differing === undefined) return undefined;
  if (differing.length === 0) return 'would change nothing';
  return `would change ${differing.map(resourceName).join(', ')}`;
}
