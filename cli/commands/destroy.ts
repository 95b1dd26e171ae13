import type { Context, Result } from '../context.ts';
import { UserError } from '../errors.ts';
import { forgetDeployment } from '../settings/deployments.ts';
import { rememberLeftover } from '../settings/leftovers.ts';
import { ifThere } from '../stack/aws-failures.ts';
import { measureBucket } from '../stack/bucket.ts';
import { refuseUnpermitted } from '../stack/checks/permissions.ts';
import { refuseProtected } from '../stack/checks/removal.ts';
import { tryDeletingStack, tryEmptying } from '../stack/checks/trial-calls.ts';
import { removeStack } from '../stack/destroy.ts';
import { DATA_TYPES, deployedTemplate, keepBucket, keptTypes } from '../stack/kept-data.ts';
import { clearLeftovers } from '../stack/leftovers.ts';
import type { StackWork } from '../stack/operation.ts';
import { countUsers } from '../stack/pool.ts';
import { refuseForeign } from '../stack/preflight.ts';
import { physicalIds, type StackResource, stackResources } from '../stack/resources.ts';
import { type FoundStack, findStack } from '../stack/stacks.ts';
import { count, formatBytes } from '../ui/format.ts';
import {
  findTarget,
  forOperators,
  NOTHING_OF_YOURS,
  type OperatorArgs,
  type OperatorTarget,
  openStack,
  refuseOtherAccount,
} from './operator.ts';

export interface DestroyArgs extends OperatorArgs {
  readonly yes?: boolean;
  /** Leaves the bucket with its objects. */
  readonly keepData?: boolean;
  /** False: what CloudFront still holds copies of is left to the next `destroy` or `status`. */
  readonly wait?: boolean;
}

/** Takes a deployment down, whole; run again at any point it goes on with what is left. */
export async function destroy(context: Context, args: DestroyArgs): Promise<Result> {
  const target = await findTarget(context, args);
  if (target === undefined) {
    return {
      document: { outcome: 'nothing' },
      text: [`${NOTHING_OF_YOURS} Nothing was destroyed.`, ...forOperators(args)],
    };
  }
  const work = await openStack(context, target, args);
  const { stackName } = work;
  try {
    await refuseOtherAccount(work, target);
    const stack = await findStack(work);
    if (stack === undefined) return await finish(context, work, target, args);
    refuseForeign(work, stack);
    const held = await inventory(work, stack, args.keepData ?? false);
    // What is being deleted was agreed to before, and cannot be counted while it goes.
    const isGoing = stack.status === 'DELETE_IN_PROGRESS';
    if (isGoing) context.ui.event({ type: 'note', text: `The stack ${stackName} is being deleted already.` });
    if (!isGoing) {
      await refuse(work, stack, held);
      if (!(await agree(context, work, held, args.yes ?? false))) {
        return { document: { stackName, outcome: 'declined' }, text: 'Nothing was removed.' };
      }
      await tryOut(work, stack, held);
    }
    for (const functionName of held.functions) {
      await rememberLeftover(context, { stackName, functionName, ...(work.local && { local: work.local }) });
    }
    if (held.tellToKeep) await keepBucket(work, stack);
    const current = held.tellToKeep ? ((await findStack(work)) ?? stack) : stack;
    await removeStack(work, { stack: current, buckets: held.keepsBuckets ? [] : held.buckets });
    return await finish(context, work, target, args, held);
  } finally {
    work.clients.close();
  }
}

/** What can be refused is asked first: all that can be read before the question, what takes a call after it. */
async function refuse(work: StackWork, stack: FoundStack, held: Inventory): Promise<void> {
  const stays = ({ type }: StackResource) =>
    (held.keepsBuckets && type === 'AWS::S3::Bucket') ||
    (held.keepsPools && type === 'AWS::Cognito::UserPool');
  await refuseProtected(work, stack, {
    buckets: held.keepsBuckets ? [] : held.buckets,
    pools: held.keepsPools ? [] : held.pools,
  });
  await refuseUnpermitted(
    work,
    stack,
    held.resources.filter((resource) => !stays(resource)),
  );
}

async function tryOut(work: StackWork, stack: FoundStack, held: Inventory): Promise<void> {
  const data = held.resources.filter(({ type }) => (DATA_TYPES as readonly string[]).includes(type));
  await tryDeletingStack(
    work,
    stack,
    data.map(({ logicalId }) => logicalId),
  );
  if (!held.keepsBuckets) for (const bucket of held.buckets) await tryEmptying(work, bucket);
}

/** What a stack holds, and what of it stays. */
interface Inventory {
  readonly resources: readonly StackResource[];
  readonly buckets: readonly string[];
  readonly pools: readonly string[];
  readonly functions: readonly string[];
  readonly domain: string | undefined;
  readonly keepsBuckets: boolean;
  readonly keepsPools: boolean;
  /** The stack has yet to be told to leave its bucket. */
  readonly tellToKeep: boolean;
}

async function inventory(work: StackWork, stack: FoundStack, keepData: boolean): Promise<Inventory> {
  const isPlanned = stack.status === 'REVIEW_IN_PROGRESS';
  const resources: StackResource[] = isPlanned ? [] : await stackResources(work, stack.id);
  const kept = isPlanned ? [] : keptTypes(await deployedTemplate(work, stack.id));
  const buckets = physicalIds(resources, 'AWS::S3::Bucket');
  const keepsBuckets = kept.includes('AWS::S3::Bucket');
  return {
    resources: resources.filter(({ status }) => status !== 'DELETE_COMPLETE'),
    buckets,
    pools: physicalIds(resources, 'AWS::Cognito::UserPool'),
    functions: physicalIds(resources, 'AWS::Lambda::Function'),
    domain: stack.outputs.domain,
    keepsBuckets: keepsBuckets || keepData,
    keepsPools: kept.includes('AWS::Cognito::UserPool'),
    tellToKeep: keepData && !keepsBuckets && buckets.length > 0,
  };
}

/** What the stack holds, counted, a line each; what went while it was looked at has none. */
async function contents(work: StackWork, { buckets, pools }: Inventory) {
  const bucketLines = await Promise.all(
    buckets.map(async (bucket) => {
      const held = await ifThere(() => measureBucket(work, bucket));
      if (held === undefined) return [];
      return [`  bucket      ${bucket}: ${count(held.objects, 'object')}, ${formatBytes(held.bytes)}`];
    }),
  );
  const poolLines = await Promise.all(
    pools.map(async (pool) => {
      const users = await ifThere(() => countUsers(work, pool));
      return users === undefined ? [] : [`  user pool   ${pool}: ${count(users, 'user')}`];
    }),
  );
  return { buckets: bucketLines.flat(), pools: poolLines.flat() };
}

async function agree({ ui }: Context, work: StackWork, held: Inventory, yes: boolean): Promise<boolean> {
  const { domain, keepsBuckets, keepsPools } = held;
  const { buckets, pools } = await contents(work, held);
  const goes = [
    ...(keepsBuckets ? [] : buckets),
    ...(keepsPools ? [] : pools),
    ...(domain === undefined ? [] : [`  edge        ${domain}`]),
  ];
  const stays = [...(keepsBuckets ? buckets : []), ...(keepsPools ? pools : [])];
  ui.event({
    type: 'note',
    text: [
      ...(goes.length === 0
        ? [`The stack ${work.stackName} holds nothing.`]
        : [`This goes with the stack ${work.stackName}, for good:`, ...goes]),
      ...(stays.length === 0 ? [] : ['This stays:', ...stays]),
    ],
  });
  if (yes) return true;
  if (!ui.interactive) {
    throw new UserError(
      'usage',
      `Destroying the stack ${work.stackName} needs confirmation. Nothing was removed.`,
      {
        hint: ['Add --yes:', `  edge-upload destroy --yes --stack-name ${work.stackName}`],
      },
    );
  }
  const answer = await ui.ask({ prompt: `Type the stack's name to destroy it`, flag: '--yes' });
  return answer === work.stackName;
}

/** The part after the stack: its retained functions, and what this computer remembers. */
async function finish(
  context: Context,
  work: StackWork,
  { known }: OperatorTarget,
  { wait = true }: DestroyArgs,
  held?: Inventory,
): Promise<Result> {
  const { stackName } = work;
  if (known !== undefined) {
    const { forgetTokens } = await import('../identity/token-store.ts');
    await forgetTokens(context, known.url);
    await forgetDeployment(context, stackName);
  }
  const { removed, left } = await clearLeftovers(context, work, { wait });
  const nothing = held === undefined && removed.length + left.length === 0;
  const kept = [
    ...(held?.keepsBuckets ? held.buckets : []).map((bucket) => ({ type: 'bucket', name: bucket })),
    ...(held?.keepsPools ? held.pools : []).map((pool) => ({ type: 'user pool', name: pool })),
  ];
  const keptLines = kept.map(({ type, name }) => `Kept: the ${type} ${name}`);
  const leftLines = left.map(
    (name) =>
      `Left for later: the edge function ${name}, of which CloudFront still has copies. It goes with the next edge-upload destroy or edge-upload status.`,
  );
  return {
    document: {
      stackName,
      outcome: nothing ? 'nothing' : 'destroyed',
      functions: removed,
      left,
      kept,
    },
    text: nothing
      ? `There is no stack ${stackName}: nothing to destroy.`
      : [
          left.length + kept.length === 0
            ? `The stack ${stackName} is gone, and nothing of it is left.`
            : `The stack ${stackName} is gone.`,
          ...keptLines,
          ...leftLines,
        ],
  };
}
