import { flag, required } from '../../shape.ts';
import { signedOut } from '../auth/tokens.ts';
import { notAuthorized } from '../errors.ts';
import { attributes, password, userOfPool } from '../fields.ts';
import { type Context, signed } from '../operation.ts';
import { sendResetCode } from '../reset-code.ts';
import { changeAttributes } from '../schema.ts';
import type { UserRecord } from '../store/model.ts';
import type { UserPool } from '../store/pool.ts';
import { checkAliases, describeUserForAdmin, getUser, newCredential, withPassword } from '../users.ts';

interface Target {
  readonly UserPoolId: string;
  readonly Username: string;
}

function find({ pools }: Context, { UserPoolId, Username }: Target): { pool: UserPool; user: UserRecord } {
  const pool = pools.get(UserPoolId);
  return { pool, user: getUser(pool, Username) };
}

export const adminUsers = {
  AdminGetUser: signed(userOfPool, (context, input) => describeUserForAdmin(find(context, input).user)),
  AdminDeleteUser: signed(userOfPool, (context, input) => {
    const { pool, user } = find(context, input);
    pool.removeUser(user);
  }),
  AdminEnableUser: signed(userOfPool, (context, input) => {
    const { pool, user } = find(context, input);
    pool.putUser({ ...user, enabled: true, modified: context.now().toISOString() });
  }),
  /** Also revokes the user's tokens. */
  AdminDisableUser: signed(userOfPool, (context, input) => {
    const { pool, user } = find(context, input);
    pool.putUser({ ...signedOut(user), enabled: false, modified: context.now().toISOString() });
  }),
  AdminUserGlobalSignOut: signed(userOfPool, (context, input) => {
    const { pool, user } = find(context, input);
    pool.putUser(signedOut(user));
  }),
  AdminUpdateUserAttributes: signed(
    { ...userOfPool, UserAttributes: required(attributes) },
    (context, input) => {
      const { pool, user } = find(context, input);
      const changed = changeAttributes({
        schema: pool.schema,
        current: user.attributes,
        changes: input.UserAttributes,
      });
      checkAliases(pool, user.sub, changed);
      pool.putUser({ ...user, attributes: changed, modified: context.now().toISOString() });
    },
  ),
  AdminSetUserPassword: signed(
    { ...userOfPool, Password: required(password), Permanent: flag() },
    (context, input) => {
      const { pool, user } = find(context, input);
      const status = input.Permanent ? 'CONFIRMED' : 'FORCE_CHANGE_PASSWORD';
      const credential = newCredential(pool, user.username, input.Password, context.now());
      pool.putUser(withPassword(user, status, credential));
    },
  ),
  AdminResetUserPassword: signed(userOfPool, (context, input) => {
    const { pool, user } = find(context, input);
    if (user.status === 'FORCE_CHANGE_PASSWORD') {
      throw notAuthorized('User password cannot be reset in the current state.');
    }
    sendResetCode(context, pool, { ...user, status: 'RESET_REQUIRED' });
  }),
};
