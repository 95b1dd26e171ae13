import { flag, optional, required, structure } from '../../shape.ts';
import { notAuthorized } from '../errors.ts';
import { password, userOfPool } from '../fields.ts';
import { operation } from '../operation.ts';
import { sendResetCode } from '../reset-code.ts';
import { getUser, newCredential, withPassword } from '../users.ts';

export const adminSetUserPassword = operation(
  'AdminSetUserPassword',
  'signed',
  structure({ ...userOfPool, Password: required(password), Permanent: optional(flag()) }),
  (context, input) => {
    const pool = context.pools.get(input.UserPoolId);
    const user = getUser(pool, input.Username);
    const status = input.Permanent ? 'CONFIRMED' : 'FORCE_CHANGE_PASSWORD';
    const credential = newCredential(pool, user.username, input.Password, context.now());
    pool.putUser(withPassword(user, status, credential));
    return {};
  },
);

export const adminResetUserPassword = operation(
  'AdminResetUserPassword',
  'signed',
  structure(userOfPool),
  (context, input) => {
    const pool = context.pools.get(input.UserPoolId);
    const user = getUser(pool, input.Username);
    if (user.status === 'FORCE_CHANGE_PASSWORD') {
      throw notAuthorized('User password cannot be reset in the current state.');
    }
    sendResetCode(context, pool, { ...user, status: 'RESET_REQUIRED' });
    return {};
  },
);
