import { command } from '../../command-line.ts';
import type { Context, Result } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { getUser, type KnownUser } from '../../identity/users/directory.ts';
import {
  addToGroup,
  createGroup,
  groupsOf,
  listGroups,
  removeFromGroup,
  requireGroupNames,
  requireGroups,
} from '../../identity/users/groups.ts';
import type { JsonValue } from '../../json-value.ts';
import { sameCommand } from '../../same-command.ts';
import { count } from '../../ui/format.ts';
import { visible } from '../../ui/shown.ts';
import type { OperatorArgs } from '../operator.ts';
import { administeredFailure, changing, type OperatedPool, withPool } from './pool.ts';

export interface UserGroupsArgs extends OperatorArgs {
  /** Lists the groups of the pool if absent. */
  readonly username?: string;
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
  /** Creates the groups to add to that do not exist. */
  readonly create?: boolean;
}

/** Lists the groups of a user or of the pool, or changes those of a user. */
export async function groups(context: Context, args: UserGroupsArgs): Promise<Result> {
  const { username, add = [], remove = [], create = false } = args;
  if (username === undefined) {
    if (add.length + remove.length === 0) return groupsOfPool(context, args);
    throw new UserError('usage', '--add and --remove need the name of a user.', {
      hint: ['Type:', command`edge-upload user groups <name> --add <group>`],
    });
  }
  return withPool(context, args, `Changing the groups of ${username}`, async (pool) => {
    const user = await getUser(pool, username);
    // Check every group name before creating or changing a group.
    if (create) requireGroupNames(add);
    else await requireGroups(pool, add, () => ['Create it:', sameCommand`--create`]);
    await requireGroups(pool, remove);
    if (add.length + remove.length === 0) return groupsNow(pool, user);
    await changeGroups(pool, user, { add, remove, create });
    const text = 'Tokens carry the new groups once they are renewed: within an hour, or --token-validity.';
    context.ui.event({ type: 'note', text });
    try {
      return await groupsNow(pool, user);
    } catch (error) {
      const { code, message, hintLines } = administeredFailure(error, 'Listing the groups', pool.signal);
      throw new UserError(code, `The groups of ${user.username} were changed. ${message}`, {
        hint: hintLines,
        cause: error,
      });
    }
  });
}

async function groupsNow(pool: OperatedPool, { username }: KnownUser): Promise<Result> {
  const names = await groupsOf(pool, username);
  return {
    document: { username, groups: names, userPoolId: pool.userPoolId },
    text: names.length === 0 ? `User ${username} is in no group.` : names,
  };
}

/** Creates groups, adds a user to them, then removes the user from others. An error names the changes that were made before, and the others. */
async function changeGroups(
  pool: OperatedPool,
  { username }: KnownUser,
  { add, remove, create }: Required<Pick<UserGroupsArgs, 'add' | 'remove' | 'create'>>,
): Promise<void> {
  const changes: readonly { readonly words: string; readonly change: () => Promise<unknown> }[] = [
    ...(create ? add : []).map((name) => ({
      words: `created ${name}`,
      change: () => createGroup(pool, name),
    })),
    ...add.map((name) => ({ words: `added to ${name}`, change: () => addToGroup(pool, username, name) })),
    ...remove.map((name) => ({
      words: `removed from ${name}`,
      change: () => removeFromGroup(pool, username, name),
    })),
  ];
  const done: string[] = [];
  const open = changes.map(({ words }) => words);
  try {
    for (const { words, change } of changes) {
      const isChanged = await changing(pool, username, change);
      open.shift();
      if (isChanged !== false) done.push(words);
    }
  } catch (error) {
    if (done.length === 0) throw error;
    const doing = `Changing the groups of ${username}`;
    const { code, message, hintLines } = administeredFailure(error, doing, pool.signal);
    throw new UserError(code, `${message} Done before: ${done.join(', ')}. Not done: ${open.join(', ')}.`, {
      hint: hintLines,
      cause: error,
    });
  }
}

async function groupsOfPool(context: Context, args: OperatorArgs): Promise<Result> {
  return withPool(context, args, 'Listing the groups', async (pool) => {
    const found: JsonValue[] = [];
    for await (const group of listGroups(pool)) {
      found.push({ ...group });
      if (context.options.json) continue;
      const text = `${visible(group.name).padEnd(24)}  ${group.description ?? ''}`.trimEnd();
      context.ui.event({ type: 'row', text, document: {} });
    }
    context.ui.event({ type: 'note', text: `${count(found.length, 'group')} in ${pool.userPoolId}` });
    return { document: { userPoolId: pool.userPoolId, groups: found } };
  });
}
