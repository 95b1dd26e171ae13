import type { Context, Result } from '../../context.ts';
import { disableUser, enableUser, removeUser } from '../../identity/users/access.ts';
import { getUser } from '../../identity/users/directory.ts';
import type { UserArgs } from './list.ts';
import { changing, withPool } from './pool.ts';

/** The edge verifies access tokens offline, so issued tokens stay valid until they expire. */
const STILL_GOOD =
  'Access tokens that were already issued stay valid until they expire: after one hour, or --token-validity.';

/** Deletes a user. Their uploads stay. */
export async function remove(
  context: Context,
  { username, yes = false, ...args }: UserArgs & { readonly yes?: boolean },
): Promise<Result> {
  return withPool(context, args, `Removing the user ${username}`, async (pool) => {
    const user = await getUser(pool, username);
    const { userPoolId } = pool;
    if (!yes && !(await context.ui.confirm(`Remove the user ${user.username}?`, '--yes'))) {
      return {
        document: { username: user.username, removed: false, userPoolId },
        text: 'The user was not removed.',
      };
    }
    await changing(pool, user.username, () => removeUser(pool, user.username));
    return {
      document: { username: user.username, removed: true, userPoolId },
      text: [`The user ${user.username} is removed; what they uploaded stays.`, STILL_GOOD],
    };
  });
}

/** Signs a user out everywhere and blocks sign-ins until `enable`. */
export async function disable(context: Context, { username, ...args }: UserArgs): Promise<Result> {
  return withPool(context, args, `Disabling the user ${username}`, async (pool) => {
    await changing(pool, username, () => disableUser(pool, username));
    return {
      document: { username, enabled: false, userPoolId: pool.userPoolId },
      text: [`The user ${username} is disabled, and signed out everywhere.`, STILL_GOOD],
    };
  });
}

export async function enable(context: Context, { username, ...args }: UserArgs): Promise<Result> {
  return withPool(context, args, `Enabling the user ${username}`, async (pool) => {
    await changing(pool, username, () => enableUser(pool, username));
    return {
      document: { username, enabled: true, userPoolId: pool.userPoolId },
      text: `The user ${username} is enabled, and can sign in again.`,
    };
  });
}
