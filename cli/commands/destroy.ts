import type { Context, Result } from '../context.ts';
import { UserError } from '../errors.ts';
import { resumable } from '../network/cancellation.ts';
import { forgetDeployment } from '../settings/deployments.ts';
import { refuseUnpermitted } from '../stack/checks/deletion-permissions.ts';
import { refuseForeign } from '../stack/checks/preflight.ts';
import { refuseProtected, tryDeletingStack, tryEmptying } from '../stack/checks/removal.ts';
import { type FoundStack, findStack, physicalIds, type StackWork } from '../stack/find-stack.ts';
import { AGAIN, removeStack } from '../stack/operate/destroy.ts';
import {
  BUCKET,
  type CountedData,
  dataOf,
  type Inventory,
  isData,
  POOL,
  takeInventory,
} from '../stack/operate/inventory.ts';
import { keepBucket } from '../stack/operate/keep-bucket.ts';
import { deleteKept, type FoundKept, findKept, keptLines, refuseKept } from '../stack/operate/kept.ts';
import { clearLeftovers, leftLines, warnOfOtherAccounts } from '../stack/operate/leftovers.ts';
import { GoneRecords, keepBooks, placeOf, rememberKept, rememberLeftover } from '../stack/remains.ts';
import { agree, countContent } from './destroy/confirm.ts';
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
  /** Deletes the resources that this and earlier deletions of the stack retained. */
  readonly deleteKept?: boolean;
  /** False: functions that CloudFront still has replicas of are left to the next `destroy` or `status`. */
  readonly wait?: boolean;
}

const EMPTY: Inventory = { goes: [], stays: [], functions: [], domain: undefined, tellToKeep: false };

/** Deletes a whole deployment. After an interruption, the same command deletes the rest. */
export async function destroy(context: Context, args: DestroyArgs): Promise<Result> {
  if (args.keepData && args.deleteKept) {
    throw new UserError('usage', '--keep-data is not used with --delete-kept.');
  }
  const target = await findTarget(context, args);
  if (target === undefined) {
    return {
      document: { outcome: 'nothing' },
      text: [`${NOTHING_OF_YOURS} Nothing was destroyed.`, ...forOperators()],
    };
  }
  const work = await openStack(context, target, args);
  const { stackName } = work;
  const gone = new GoneRecords();
  try {
    context.ui.event({ type: 'heading', text: `Destroying ${stackName}` });
    const checked = await resumable('Nothing was removed.', () =>
      checkFirst(context, work, target, args, gone),
    );
    if (checked === undefined) {
      return { document: { stackName, outcome: 'declined' }, text: 'Nothing was removed.' };
    }
    const { stack, held, counted } = checked;
    return await resumable(AGAIN, async () => {
      if (stack !== undefined) await remove(context, work, stack, held);
      return finish(context, work, target, args, { wasThere: stack !== undefined, held, counted, gone });
    });
  } finally {
    gone.warn(context);
    work.clients.close();
  }
}

interface Checked {
  readonly stack: FoundStack | undefined;
  readonly held: Inventory;
  /** Data that was counted before the question. */
  readonly counted: readonly CountedData[];
}

/** Checks the deletion, and asks. Returns `undefined` if the user declines. */
async function checkFirst(
  context: Context,
  work: StackWork,
  target: OperatorTarget,
  args: DestroyArgs,
  gone: GoneRecords,
): Promise<Checked | undefined> {
  await refuseOtherAccount(work, target);
  const stack = await findStack(work);
  if (stack !== undefined) refuseForeign(work, stack);
  const held = stack === undefined ? EMPTY : await takeInventory(work, stack, args.keepData ?? false);
  const inUse = [...held.goes, ...held.stays].flatMap(({ physicalId }) => physicalId ?? []);
  const earlier = args.deleteKept ? await findKept(context, work, gone, { inUse }) : [];
  const counted: CountedData[] = [...earlier];
  // A running deletion was confirmed before, and its objects cannot be counted.
  const isGoing = stack?.status === 'DELETE_IN_PROGRESS';
  if (isGoing)
    context.ui.event({ type: 'note', text: `The stack ${work.stackName} is already being deleted.` });
  if ((stack !== undefined && !isGoing) || earlier.length > 0) {
    await refuse(work, stack, held, { earlier, deleteKept: args.deleteKept ?? false });
    const content = await countContent(work, held);
    counted.push(...content.staying);
    if (!(await agree(context, work, { stack, held, earlier, ...content }, args))) return undefined;
    if (stack !== undefined) await tryOut(work, stack, held);
  }
  return { stack, held, counted };
}

/** Finds refusals before anything is deleted. Checks that need a changing call follow after the question. */
async function refuse(
  work: StackWork,
  stack: FoundStack | undefined,
  { goes, stays }: Inventory,
  { earlier, deleteKept }: { readonly earlier: readonly FoundKept[]; readonly deleteKept: boolean },
): Promise<void> {
  await refuseKept(work, earlier);
  if (stack === undefined) return;
  const doomed = deleteKept ? [...goes, ...stays] : goes;
  await refuseProtected(work, stack, {
    buckets: physicalIds(doomed, BUCKET),
    pools: physicalIds(doomed, POOL),
  });
  await refuseUnpermitted(work, stack, doomed);
}

async function tryOut(work: StackWork, stack: FoundStack, { goes, stays }: Inventory): Promise<void> {
  const data = [...goes, ...stays].filter(isData);
  await tryDeletingStack(
    work,
    stack,
    data.map(({ logicalId }) => logicalId),
  );
  for (const bucket of physicalIds(goes, BUCKET)) await tryEmptying(work, bucket);
}

/** Records the resources that outlive the stack, then deletes it. */
async function remove(
  context: Context,
  work: StackWork,
  stack: FoundStack,
  { goes, stays, functions, tellToKeep }: Inventory,
): Promise<void> {
  const where = await placeOf(work);
  const data = dataOf(stays);
  const names = [...functions, ...data.map(({ name }) => name)].join(', ');
  const consequence = `Not recorded on this computer: ${names}. If this run ends early, delete them in AWS.`;
  await keepBooks(context, consequence, async () => {
    for (const functionName of functions) await rememberLeftover(context, { functionName, ...where });
    for (const kept of data) await rememberKept(context, { ...kept, ...where });
  });
  if (tellToKeep) await keepBucket(work, stack);
  const current = tellToKeep ? ((await findStack(work)) ?? stack) : stack;
  await removeStack(work, { stack: current, buckets: physicalIds(goes, BUCKET) });
}

/** Finishes after the stack is deleted: its retained functions, kept data, and the records on this computer. */
async function finish(
  context: Context,
  work: StackWork,
  { known }: OperatorTarget,
  { wait = true, deleteKept: deletes = false }: DestroyArgs,
  {
    wasThere,
    held,
    counted,
    gone,
  }: Omit<Checked, 'stack'> & { readonly wasThere: boolean; readonly gone: GoneRecords },
): Promise<Result> {
  const { stackName } = work;
  if (known !== undefined) {
    const { forgetTokens } = await import('../identity/tokens/forget-tokens.ts');
    await gone.forget(`the deployment ${stackName}`, async () => {
      await forgetTokens(context, known.url);
      await forgetDeployment(context, stackName);
    });
  }
  const found = await findKept(context, work, gone, { also: dataOf(held.stays), counted });
  if (deletes) await deleteKept(context, work, found, gone);
  const [kept, deleted] = deletes ? [[], found] : [found, []];
  const { removed, left } = await clearLeftovers(context, work, { wait, also: held.functions, gone });
  await warnOfOtherAccounts(context, work);
  const nothing = !wasThere && removed.length + left.length + deleted.length === 0;
  const all = left.length + kept.length === 0 ? ', and nothing of it is left' : '';
  const named = (data: readonly FoundKept[]) => data.map(({ type, name }) => ({ type, name }));
  return {
    document: {
      stackName,
      outcome: nothing ? 'nothing' : 'destroyed',
      functions: removed,
      left,
      kept: named(kept),
      deleted: named(deleted),
    },
    text: [
      nothing
        ? `There is no stack ${stackName}: nothing to destroy.`
        : { mark: 'done', text: `The stack ${stackName} is gone${all}.` },
      ...deleted.map(({ type, name }) => `Deleted the ${type} ${name}`),
      ...keptLines(kept),
      ...(await leftLines(context, left)),
    ],
  };
}
