import { command, type HintLine } from '../../command-line.ts';
import type { Context } from '../../context.ts';
import { count, formatBytes } from '../../ui/format.ts';
import { ifAllowed, ifThere, isBucketNotEmpty, onAws } from '../aws-calls.ts';
import { refuseProtected, tryEmptying } from '../checks/removal.ts';
import { countUsers, type StackWork } from '../find-stack.ts';
import { byAccount, forgetKept, GoneRecords, type Kept, listKept } from '../remains.ts';
import { emptyBucket, measureBucket } from './bucket.ts';

/** Data that an earlier `destroy` kept, with its amount. */
export interface FoundKept {
  readonly type: Kept['type'];
  readonly name: string;
  /** `2 objects, 3.10 MiB` */
  readonly holds: string;
  /** Whether it is recorded, so that a later `destroy` finds it. */
  readonly isRecorded: boolean;
}

export const NOT_COUNTED = 'not allowed to count its content';

/** Maximum attempts to empty a bucket while objects are added. */
const TRIES = 5;

type Data = Pick<Kept, 'type' | 'name'>;

/** Returns the amount of data; `undefined` if it no longer exists. */
export function contentOf(work: StackWork, { type, name }: Data): Promise<string | undefined> {
  return ifThere(async () => {
    if (type === 'user pool') return count(await countUsers(work, name), 'user');
    const { objects, bytes } = await measureBucket(work, name);
    return `${count(objects, 'object')}, ${formatBytes(bytes)}`;
  });
}

/** Returns the amount of data, or a text that the operator is not allowed to count it. */
export async function countedContent(work: StackWork, data: Data): Promise<string | undefined> {
  const content = await ifAllowed(() => contentOf(work, data));
  return content === 'denied' ? NOT_COUNTED : content;
}

/**
 * Returns the data of a stack that is still kept.
 * @param gone forgets data that was deleted meanwhile
 * @param options.inUse data that is still part of the stack: an operation that leaves it there may be under way
 * @param options.also data of a stack that was just deleted, recorded or not
 * @param options.counted data that was found and counted before, whose amount is not counted again
 */
export async function findKept(
  context: Context,
  work: StackWork,
  gone: GoneRecords,
  {
    inUse = [],
    also = [],
    counted = [],
  }: {
    readonly inUse?: readonly string[];
    readonly also?: readonly Data[];
    readonly counted?: readonly Pick<FoundKept, 'name' | 'holds'>[];
  } = {},
): Promise<FoundKept[]> {
  const found: FoundKept[] = [];
  const { own } = await byAccount(work, await listKept(context));
  const recorded = new Set(own.map(({ name }) => name));
  for (const { type, name } of [...own, ...also.filter((one) => !recorded.has(one.name))]) {
    if (inUse.includes(name)) continue;
    const before = counted.find((one) => one.name === name);
    const holds = before?.holds ?? (await countedContent(work, { type, name }));
    if (holds !== undefined) found.push({ type, name, holds, isRecorded: recorded.has(name) });
    else await gone.forget(`the ${type} ${name}`, () => forgetKept(context, name));
  }
  return found;
}

/** Names buckets that earlier stacks left, which a new stack can adopt. */
export async function tellKept(context: Context, work: StackWork): Promise<void> {
  const gone = new GoneRecords();
  const kept = await findKept(context, work, gone);
  gone.warn(context);
  for (const { type, name, holds } of kept) {
    if (type !== 'bucket') continue;
    context.ui.event({
      type: 'note',
      text: [
        `The bucket ${name} (${holds}) was kept from an earlier deployment.`,
        'To adopt it instead of creating a new one:',
        command`edge-upload deploy --bucket-name ${name}`,
      ],
    });
  }
}

/** Returns lines that list kept data, with the commands that read, adopt or delete it. */
export function keptLines(kept: readonly FoundKept[]): HintLine[] {
  const [bucket] = kept.filter(({ type }) => type === 'bucket');
  return [
    ...kept.map(({ type, name, holds }) => `Kept: the ${type} ${name} (${holds})`),
    ...(bucket === undefined
      ? []
      : [
          'Read a kept bucket, or use it in a new deployment:',
          command`aws s3 ls ${`s3://${bucket.name}`} --recursive`,
          command`edge-upload deploy --bucket-name ${bucket.name}`,
        ]),
    ...(kept.some(({ isRecorded }) => isRecorded)
      ? ['Delete what was kept:', command`edge-upload destroy --delete-kept`]
      : []),
  ];
}

/** Checks that all kept data can be deleted, before any is. */
export async function refuseKept(work: StackWork, kept: readonly FoundKept[]): Promise<void> {
  const named = (arePools: boolean) =>
    kept.filter(({ type }) => (type === 'user pool') === arePools).map(({ name }) => name);
  const doomed = { buckets: named(false), pools: named(true) };
  await refuseProtected(work, { isProtected: false }, doomed);
}

/** Deletes kept buckets and pools with all objects and users. */
export async function deleteKept(
  context: Context,
  work: StackWork,
  kept: readonly FoundKept[],
  gone: GoneRecords,
): Promise<void> {
  const { ui } = context;
  for (const { type, name } of kept) {
    if (type !== 'user pool') await tryEmptying(work, name);
    const task = `Deleting the ${type} ${name}`;
    if (type !== 'user pool') await deleteBucket(work, name, task);
    else {
      ui.event({ type: 'task-started', task });
      await ifThere(() => onAws(task, () => deletePool(work, name)));
    }
    ui.event({ type: 'task-done', task });
    await gone.forget(`the ${type} ${name}`, () => forgetKept(context, name));
  }
}

/** Empties and deletes a bucket, repeatedly: S3 can still deliver logs of earlier requests to it. */
async function deleteBucket(work: StackWork, name: string, task: string): Promise<void> {
  const { clients, context } = work;
  const { DeleteBucketCommand } = await import('@aws-sdk/client-s3');
  for (let tries = 1; ; tries += 1) {
    await ifThere(() => emptyBucket(work, name));
    context.ui.event({ type: 'task-started', task });
    try {
      await ifThere(() => onAws(task, () => clients.s3.send(new DeleteBucketCommand({ Bucket: name }))));
      return;
    } catch (error) {
      if (!isBucketNotEmpty(error) || tries === TRIES) throw error;
      context.ui.event({
        type: 'task-done',
        task,
        detail: 'not empty, because something was added meanwhile',
      });
    }
  }
}

async function deletePool({ clients }: StackWork, name: string): Promise<void> {
  const { DeleteUserPoolCommand } = await import('@aws-sdk/client-cognito-identity-provider');
  await clients.cognito.send(new DeleteUserPoolCommand({ UserPoolId: name }));
}
