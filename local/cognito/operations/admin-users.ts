import { flag, required } from '../../shape.ts';
import { signedOut } from '../auth/tokens.ts';
import { notAuthorized } from '../errors.ts';
import { attributes, password } from '../fields.ts';
import { onUser } from '../operation.ts';
import { sendResetCode } from '../reset-code.ts';
import { changeAttributes } from '../schema.ts';
import { checkAliases, describeUserForAdmin, newCredential, withPassword } from '../users.ts';

export const adminUsers = {
  AdminGetUser: onUser({}, ({ user }) => describeUserForAdmin(user)),
  AdminDeleteUser: onUser({}, ({ pool, user }) => pool.removeUser(user)),
  AdminEnableUser: onUser({}, ({ pool, user, now }) => {
    pool.putUser({ ...user, enabled: true, modified: now().toISOString() });
  }),
  /** Also revokes the user's tokens. */
  AdminDisableUser: onUser({}, ({ pool, user, now }) => {
    pool.putUser({ ...signedOut(user), enabled: false, modified: now().toISOString() });
  }),
  AdminUserGlobalSignOut: onUser({}, ({ pool, user }) => pool.putUser(signedOut(user))),
  AdminUpdateUserAttributes: onUser(
    { UserAttributes: required(attributes) },
    ({ pool, user, now }, { UserAttributes: changes }) => {
      const changed = changeAttributes({ schema: pool.schema, current: user.attributes, changes });
      checkAliases(pool, user.sub, changed);
      pool.putUser({ ...user, attributes: changed, modified: now().toISOString() });
    },
  ),
  AdminSetUserPassword: onUser(
    { Password: required(password), Permanent: flag() },
    ({ pool, user, now }, { Password, Permanent }) => {
      const status = Permanent ? 'CONFIRMED' : 'FORCE_CHANGE_PASSWORD';
      pool.putUser(withPassword(user, status, newCredential(pool, user.username, Password, now())));
    },
  ),
  AdminResetUserPassword: onUser({}, ({ pool, user, ...context }) => {
    if (user.status === 'FORCE_CHANGE_PASSWORD') {
      throw notAuthorized('User password cannot be reset in the current state.');
    }
    sendResetCode(context, pool, { ...user, status: 'RESET_REQUIRED' });
  }),
};
