import { command } from '../../command-line.ts';
import type { Context, Result } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { getUser } from '../../identity/users/directory.ts';
import {
  addToGroups,
  createGroups,
  groupsOf,
  listGroups,
  removeFromGroups,
  requireGroups,
} from '../../identity/users/groups.ts';
import type { JsonValue } from '../../json-value.ts';
import { count } from '../../ui/format.ts';
import { visible } from '../../ui/shown.ts';
import type { OperatorArgs } from '../operator.ts';
import { withPool } from './pool.ts';

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
    await requireGroups(pool, create ? remove : [...add, ...remove]);
    if (create) await createGroups(pool, add);
    await addToGroups(pool, user.username, add);
    await removeFromGroups(pool, user.username, remove);
    if (add.length + remove.length > 0) {
      const text = 'Tokens carry the new groups once they are renewed: within an hour, or --token-validity.';
      context.ui.event({ type: 'note', text });
    }
    const names = await groupsOf(pool, user.username);
    return {
      document: { username: user.username, groups: names, userPoolId: pool.userPoolId },
      text: names.length === 0 ? `User ${user.username} is in no group.` : names,
    };
  });
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
