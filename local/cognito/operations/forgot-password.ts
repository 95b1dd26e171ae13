import { required, text } from '../../shape.ts';
import { checkSecretHash } from '../auth/sign-in-attempt.ts';
import { expiredCode, notAuthorized, userDisabled, userNotFound } from '../errors.ts';
import { clientId, password, secretHash, username } from '../fields.ts';
import { open } from '../operation.ts';
import { checkResetCode, deliveryTo, sendResetCode } from '../reset-code.ts';
import { hidesUsers } from '../resources/client-properties.ts';
import { newCredential, withPassword } from '../users.ts';

export const passwordReset = {
  ForgotPassword: open(
    {
      ClientId: required(clientId),
      Username: required(username),
      SecretHash: secretHash,
    },
    (context, input) => {
      const { pool, client } = context.pools.client(input.ClientId);
      checkSecretHash(client, [input.Username], input.SecretHash);
      const user = pool.findUser(input.Username);
      if (!user) {
        if (!hidesUsers(client.settings)) throw userNotFound();
        return deliveryTo(`${input.Username.charAt(0)}@${input.Username.charAt(0)}`);
      }
      if (!user.enabled) throw userDisabled();
      if (user.status === 'FORCE_CHANGE_PASSWORD') {
        throw notAuthorized('User password cannot be reset in the current state.');
      }
      return sendResetCode(context, pool, user);
    },
  ),
  ConfirmForgotPassword: open(
    {
      ClientId: required(clientId),
      Username: required(username),
      SecretHash: secretHash,
      ConfirmationCode: required(text({ min: 1, max: 2048, pattern: /[\S]+/ })),
      Password: required(password),
    },
    (context, input) => {
      const { pool, client } = context.pools.client(input.ClientId);
      checkSecretHash(client, [input.Username], input.SecretHash);
      const user = pool.findUser(input.Username);
      if (!user) throw hidesUsers(client.settings) ? expiredCode() : userNotFound();
      if (!user.enabled) throw userDisabled();
      const credential = newCredential(pool, user.username, input.Password, context.now());
      checkResetCode(pool, user, input.ConfirmationCode, context.now());
      pool.putUser(withPassword(user, 'CONFIRMED', credential));
    },
  ),
};
