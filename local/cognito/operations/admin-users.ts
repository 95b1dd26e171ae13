import { flag, optional, required, structure } from '../../shape.ts';
import { signedOut } from '../auth/tokens.ts';
import { notAuthorized } from '../errors.ts';
import { attributes, password, userOfPool } from '../fields.ts';
import { type Context, operation } from '../operation.ts';
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

const target = structure(userOfPool);

export const adminGetUser = operation('AdminGetUser', 'signed', target, (context, input) =>
  describeUserForAdmin(find(context, input).user),
);

export const adminDeleteUser = operation('AdminDeleteUser', 'signed', target, (context, input) => {
  const { pool, user } = find(context, input);
  pool.removeUser(user);
  return {};
});

export const adminEnableUser = operation('AdminEnableUser', 'signed', target, (context, input) => {
  const { pool, user } = find(context, input);
  pool.putUser({ ...user, enabled: true, modified: context.now().toISOString() });
  return {};
});

/** Also revokes the user's tokens. */
export const adminDisableUser = operation('AdminDisableUser', 'signed', target, (context, input) => {
  const { pool, user } = find(context, input);
  pool.putUser({ ...signedOut(user), enabled: false, modified: context.now().toISOString() });
  return {};
});

export const adminUserGlobalSignOut = operation(
  'AdminUserGlobalSignOut',
  'signed',
  target,
  (context, input) => {
    const { pool, user } = find(context, input);
    pool.putUser(signedOut(user));
    return {};
  },
);

export const adminUpdateUserAttributes = operation(
  'AdminUpdateUserAttributes',
  'signed',
  structure({ ...userOfPool, UserAttributes: required(attributes) }),
  (context, input) => {
    const { pool, user } = find(context, input);
    const changed = changeAttributes({
      schema: pool.schema,
      current: user.attributes,
      changes: input.UserAttributes,
    });
    checkAliases(pool, user.sub, changed);
    pool.putUser({ ...user, attributes: changed, modified: context.now().toISOString() });
    return {};
  },
);

export const adminSetUserPassword = operation(
  'AdminSetUserPassword',
  'signed',
  structure({ ...userOfPool, Password: required(password), Permanent: optional(flag()) }),
  (context, input) => {
    const { pool, user } = find(context, input);
    const status = input.Permanent ? 'CONFIRMED' : 'FORCE_CHANGE_PASSWORD';
    const credential = newCredential(pool, user.username, input.Password, context.now());
    pool.putUser(withPassword(user, status, credential));
    return {};
  },
);

export const adminResetUserPassword = operation(
  'AdminResetUserPassword',
  'signed',
  target,
  (context, input) => {
    const { pool, user } = find(context, input);
    if (user.status === 'FORCE_CHANGE_PASSWORD') {
      throw notAuthorized('User password cannot be reset in the current state.');
    }
    sendResetCode(context, pool, { ...user, status: 'RESET_REQUIRED' });
    return {};
  },
);
