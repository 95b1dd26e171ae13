import { omitUndefined } from '../../protocol/fields.ts';
import type { Context } from '../context.ts';
import { isUserError, type UserError } from '../errors.ts';
import { type LocalCloud, parseLocalCloud } from '../settings/deployments.ts';
import type { FolderContext } from '../settings/folders.ts';
import { type DocumentPart, documentIn } from '../settings/records.ts';
import { callerIdentity } from './aws-calls.ts';
import type { StackWork } from './find-stack.ts';

/*
 * Records of resources that outlive a stack. They are written before it is deleted, so that they survive an interrupted
 * `destroy`.
 */

/** Returns how to read and change the records of one kind in a file of the settings folder, each with an id. */
function recordsIn<T>(fileName: string, parse: (part: DocumentPart) => T, idOf: (record: T) => string) {
  const { read: list, change } = documentIn<readonly T[]>(fileName, {
    parse: (root) => root.list().map(parse),
    empty: [],
    remedy: 'run the command again',
  });
  const others = (now: readonly T[], id: string) => now.filter((one) => idOf(one) !== id);
  return {
    list,
    /** Adds a record, in place of the one with the same id. */
    remember: (context: FolderContext, record: T) =>
      change(context, (now) => [...others(now, idOf(record)), record]),
    /** Removes the record with this id, if there is one. */
    async forget(context: FolderContext, id: string) {
      if (!(await list(context)).some((one) => idOf(one) === id)) return;
      await change(context, (now) => others(now, id));
    },
  };
}

/** A stack, and where it is. Another AWS account can have a stack of the same name. */
export interface StackPlace {
  readonly stackName: string;
  /** AWS account; absent in an embedded cloud, and in records of earlier versions. */
  readonly account?: string;
  readonly local?: LocalCloud;
}

/** Parses the members of a record that name its stack. */
function parseStackPlace(part: DocumentPart): StackPlace {
  const local = part.optional('local');
  return {
    stackName: part.member('stackName').text(),
    ...part.optionalTexts('account'),
    ...omitUndefined({ local: local && parseLocalCloud(local) }),
  };
}

/** Edge function that stays after its stack until CloudFront deletes its replicas. */
export interface Leftover extends StackPlace {
  readonly functionName: string;
}

export const {
  list: listLeftovers,
  remember: rememberLeftover,
  forget: forgetLeftover,
} = recordsIn<Leftover>(
  'leftovers.json',
  (part) => ({ functionName: part.member('functionName').text(), ...parseStackPlace(part) }),
  ({ functionName }) => functionName,
);

const TYPES = ['bucket', 'log bucket', 'user pool'] as const;

/** Bucket or user pool that `destroy` kept. */
export interface Kept extends StackPlace {
  readonly type: (typeof TYPES)[number];
  /** The bucket's name, or the user pool's id. */
  readonly name: string;
}

export const {
  list: listKept,
  remember: rememberKept,
  forget: forgetKept,
} = recordsIn<Kept>(
  'kept.json',
  (part) => {
    const type = part.member('type');
    return {
      type: TYPES.find((one) => type.is(one)) ?? type.fail('is not a type of data that is kept'),
      name: part.member('name').text(),
      ...parseStackPlace(part),
    };
  },
  ({ name }) => name,
);

/**
 * Changes records on this computer. A failure is a warning that starts with `consequence`: no work on a stack depends on
 * a record.
 * @returns whether the records were changed
 */
export async function keepBooks(
  { ui }: Pick<Context, 'ui'>,
  consequence: string,
  change: () => Promise<void>,
): Promise<boolean> {
  try {
    await change();
    return true;
  } catch (error) {
    if (!isUserError(error) || error.code === 'interrupted') throw error;
    ui.event({ type: 'warning', text: [`${consequence} ${error.message}`, ...error.hintLines] });
    return false;
  }
}

/** Records data that a change leaves in the account. */
export async function recordKept(context: Context, kept: Kept): Promise<void> {
  await keepBooks(context, `The ${kept.type} ${kept.name} stays, but is not recorded on this computer.`, () =>
    rememberKept(context, kept),
  );
}

/** Deletes the records of deleted resources, one at a time. If that fails, one warning names all of them. */
export class GoneRecords {
  readonly #recorded: string[] = [];
  #error: UserError | undefined;

  /** @param name with its kind, such as `the bucket photos` */
  async forget(name: string, change: () => Promise<void>): Promise<void> {
    try {
      await change();
    } catch (error) {
      if (!isUserError(error) || error.code === 'interrupted') throw error;
      this.#recorded.push(name);
      this.#error ??= error;
    }
  }

  warn({ ui }: Pick<Context, 'ui'>): void {
    if (this.#error === undefined) return;
    const names = `Deleted, but still recorded on this computer: ${this.#recorded.join(', ')}.`;
    ui.event({ type: 'warning', text: [`${names} ${this.#error.message}`, ...this.#error.hintLines] });
  }
}

/** Returns everything that is recorded, of all stacks. */
export async function listRemains(context: FolderContext): Promise<readonly (Leftover | Kept)[]> {
  return [...(await listLeftovers(context)), ...(await listKept(context))];
}

/** Returns where the stack of this command is, for records that outlive it. */
export async function placeOf(work: StackWork): Promise<StackPlace> {
  const { stackName, local } = work;
  if (local !== undefined) return { stackName, local };
  return { stackName, account: (await callerIdentity(work)).account };
}

/**
 * Splits records into those of the stack of this command, and those of a stack of the same name in another AWS account.
 * There, AWS reports what the record names as missing, although it exists.
 */
export async function byAccount<T extends StackPlace>(
  work: StackWork,
  records: readonly T[],
): Promise<{ readonly own: readonly T[]; readonly others: readonly T[] }> {
  const named = records.filter(
    ({ stackName, local }) =>
      stackName === work.stackName && (local === undefined) === (work.local === undefined),
  );
  if (named.every((one) => one.account === undefined)) return { own: named, others: [] };
  const { account } = await callerIdentity(work);
  const isOwn = (one: T) => one.account === undefined || one.account === account;
  return { own: named.filter(isOwn), others: named.filter((one) => !isOwn(one)) };
}
