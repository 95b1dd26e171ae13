import { omitUndefined } from '../../protocol/fields.ts';
import { command } from '../command-line.ts';
import type { Context, Result } from '../context.ts';
import { REPLACE_POOL } from '../identity/cognito-errors.ts';
import type { JsonValue } from '../json-value.ts';
import { edgeUrl } from '../settings/edge-url.ts';
import { GoneRecords } from '../settings/records.ts';
import { ifAllowed, ifThere } from '../stack/aws-calls.ts';
import { bucketGone } from '../stack/checks/bucket.ts';
import { driftRow, RESTORE } from '../stack/checks/drift.ts';
import { compareKeys, type IssuerKeys, issuerRows, issuersJson } from '../stack/checks/issuer-keys.ts';
import {
  type DescribedKey,
  describeSigningKeys,
  signingKeyHints,
  signingKeyRows,
} from '../stack/checks/signing-key.ts';
import { writeDeployment } from '../stack/deployment-file.ts';
import {
  countUsers,
  type FoundStack,
  findStack,
  OUTPUT,
  requireStack,
  type StackWork,
  stackMissing,
  stackResources,
} from '../stack/find-stack.ts';
import { measureBucket } from '../stack/operate/bucket.ts';
import { type FoundKept, findKept, keptLines, NOT_COUNTED } from '../stack/operate/kept.ts';
import { clearLeftovers, warnOfOtherAccounts } from '../stack/operate/leftovers.ts';
import {
  type DescribedOption,
  describeOptions,
  optionsJson,
  readOptions,
} from '../stack/options/deployed-options.ts';
import { bakedKeys, deployedTemplate, differingTypes, wantedTemplate } from '../stack/template/template.ts';
import { count, formatBytes, formatMinute } from '../ui/format.ts';
import { resourceName } from '../ui/resource-words.ts';
import { fields } from '../ui/table-lines.ts';
import { type OperatorArgs, requireTarget, withStack } from './operator.ts';

export interface StatusArgs extends OperatorArgs {
  /** Names the options that nobody has set. */
  readonly verbose?: boolean;
  /** Prints the options and issuers as a file for `deploy --file`. */
  readonly yaml?: boolean;
}

/** What is deployed, how it differs from what this version would deploy, and what is left of what was. */
export async function status(context: Context, args: StatusArgs): Promise<Result> {
  return withStack(context, await requireTarget(context, args), args, async (work) => {
    if (args.yaml) return await asFile(work);
    const gone = new GoneRecords();
    const stack = await findStack(work);
    const leftovers = await clearLeftovers(context, work, {
      wait: false,
      gone,
      // The function of a stack that is there is no leftover, even if an interrupted destroy wrote it down.
      except: stack?.outputs.edgeFunction,
    });
    const isThere = stack !== undefined && stack.status !== 'REVIEW_IN_PROGRESS';
    const inUse = isThere ? await stackResources(work, stack.id) : [];
    const kept = await findKept(context, work, gone, {
      inUse: inUse.flatMap(({ physicalId }) => physicalId ?? []),
    });
    gone.warn(context);
    await warnOfOtherAccounts(context, work);
    const remains = leftovers.removed.length + leftovers.left.length + kept.length;
    if (!isThere && remains === 0) throw stackMissing(work);
    const insight = isThere ? await lookInto(work, stack) : undefined;
    return render(work, stack, insight, { ...leftovers, kept }, args.verbose ?? false);
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

interface Insight {
  /** The bucket was deleted by other hands. */
  readonly gone?: boolean;
  /** The user pool was. */
  readonly poolGone?: boolean;
  readonly objects?: Awaited<ReturnType<typeof measureBucket>> | 'denied';
  readonly users?: number;
  /** Types of resources that this version would deploy otherwise. */
  readonly differing?: readonly string[];
  readonly options?: readonly DescribedOption[];
  readonly issuers?: readonly IssuerKeys[];
  readonly signingKeys?: readonly DescribedKey[];
}

async function lookInto(work: StackWork, stack: FoundStack): Promise<Insight> {
  const { bucket, userPoolId } = stack.outputs;
  const deployed = await deployedTemplate(work, stack.id);
  const options = readOptions(deployed);
  const counted = userPoolId === undefined ? undefined : ifThere(() => countUsers(work, userPoolId));
  const isPoolGone = async () => counted !== undefined && (await counted) === undefined;
  const [objects, users, poolGone, issuers, signingKeys, wanted] = await Promise.all([
    bucket === undefined ? undefined : ifThere(() => ifAllowed(() => measureBucket(work, bucket))),
    counted,
    isPoolGone(),
    compareKeys(work, options, deployed),
    describeSigningKeys(work, options, stack),
    // Keys that changed are reported by themselves.
    isPoolGone().then((isGone) =>
      isGone ? undefined : wantedTemplate(work, stack, options, bakedKeys(deployed, options)),
    ),
  ]);
  return {
    options: describeOptions(options),
    issuers,
    signingKeys,
    ...omitUndefined({ objects }),
    gone: bucket !== undefined && objects === undefined,
    poolGone,
    ...omitUndefined({ users }),
    ...(wanted !== undefined && { differing: differingTypes(deployed, wanted) }),
  };
}

interface Remains {
  readonly removed: readonly string[];
  readonly left: readonly string[];
  readonly kept: readonly FoundKept[];
}

function render(
  work: StackWork,
  stack: FoundStack | undefined,
  {
    objects,
    gone = false,
    poolGone = false,
    users,
    differing,
    options = [],
    issuers = [],
    signingKeys = [],
  }: Insight = {},
  { removed, left, kept }: Remains,
  verbose: boolean,
): Result {
  const { stackName, local } = work;
  const { domain, ...outputs } = stack?.outputs ?? {};
  const stored = objects === 'denied' ? undefined : objects;
  const url = domain === undefined ? undefined : edgeUrl(domain);
  const changedAt = stack?.changedAt?.toISOString();
  const state = stack === undefined ? 'gone' : stack.status;
  const rows: (readonly [string, string | undefined])[] = [
    ['stack', `${stackName}, ${state}${local === undefined ? '' : ' (embedded cloud)'}`],
    ['reason', stack?.reason],
    ['deployed', changedAt && `${formatMinute(changedAt)} UTC`],
    ['drift', stack && driftRow(stack)],
    ['edge', url],
    [
      'bucket',
      gone
        ? `${outputs.bucket}: gone, deleted outside edge-upload`
        : objects && `${outputs.bucket}: ${objectsText(objects)}`,
    ],
    [
      'user pool',
      poolGone
        ? `${outputs.userPoolId}: gone, deleted outside edge-upload`
        : users === undefined
          ? undefined
          : `${outputs.userPoolId}: ${count(users, 'user')}`,
    ],
    ['function', outputs.edgeFunction],
    ...signingKeyRows(signingKeys),
    ['this version', differing && differenceText(differing)],
    ['removed', removed.length === 0 ? undefined : `${removed.join(', ')}, left by an earlier destroy`],
    [
      'left over',
      left.length === 0
        ? undefined
        : `${left.join(', ')}: CloudFront still has replicas; check again in a few hours`,
    ],
  ];
  const document: { [name: string]: JsonValue | undefined } = {
    stackName,
    status: state,
    reason: stack?.reason,
    local: local !== undefined,
    changedAt,
    drifted: stack?.drifted || undefined,
    url,
    outputs: Object.fromEntries(
      Object.entries(OUTPUT).flatMap(([key, name]) => {
        const value = stack?.outputs[key as keyof typeof OUTPUT];
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    objects: stored?.objects,
    bytes: stored?.bytes,
    bucketGone: gone || undefined,
    userPoolGone: poolGone || undefined,
    users,
    differing: differing === undefined ? null : [...differing],
    issuers: issuersJson(issuers),
    signingKeys: signingKeys.map(({ denied: _, ...key }) => ({ ...key })),
    options: options.map(({ name, flag, value = null }) => ({ name, flag, value })),
    leftovers: { removed: [...removed], left: [...left] },
    kept: kept.map(({ type, name, holds }) => ({ type, name, holds })),
  };
  const set = options.filter(({ value }) => value !== undefined);
  const unset = options.filter(({ value }) => value === undefined);
  rows.push(...issuerRows(issuers), ...set.map(({ flag, text }) => [flag.slice(2), text] as const), [
    'options',
    defaultsText(unset, verbose),
  ]);
  const text = fields(rows);
  if (differing !== undefined && differing.length > 0)
    text.push('See what a deploy would change:', command`edge-upload deploy --dry-run`);
  if (stack?.drifted) text.push('List the changed resources:', command`edge-upload doctor`, ...RESTORE);
  if (gone) text.push(...bucketGone(outputs.bucket ?? '').hintLines);
  if (poolGone) text.push(...REPLACE_POOL);
  text.push(...signingKeyHints(signingKeys));
  return { document, text: [...text, ...keptLines(kept, work)] };
}

function objectsText(objects: NonNullable<Insight['objects']>): string {
  if (objects === 'denied') return NOT_COUNTED;
  return `${count(objects.objects, 'object')}, ${formatBytes(objects.bytes)}`;
}

/** The options that nobody has set. */
function defaultsText(unset: readonly DescribedOption[], verbose: boolean): string | undefined {
  if (unset.length === 0) return undefined;
  if (!verbose) return `${count(unset.length, 'default')} (--verbose)`;
  return `default: ${unset.map(({ flag }) => flag.slice(2)).join(', ')}`;
}

function differenceText(differing: readonly string[]): string {
  if (differing.length === 0) return 'deploys the same';
  return `would change ${differing.map(resourceName).join(', ')}`;
}
