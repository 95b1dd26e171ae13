import { required, text } from '../../shape.ts';
import { AwsError } from '../../wire/errors.ts';
import { findRefreshToken, refresh } from '../auth/refresh.ts';
import { attemptOf, checkSecret } from '../auth/sign-in-attempt.ts';
import { signedOut, withFamily } from '../auth/tokens.ts';
import { invalidParameter, notEmbedded } from '../errors.ts';
import { clientId, token } from '../fields.ts';
import { statedClaims } from '../keys.ts';
import { asUser, open } from '../operation.ts';
import { canRevoke } from '../resources/client-properties.ts';

const clientSecret = text({ min: 24, max: 64, pattern: /[\w+]+/ });

export const tokens = {
  GetTokensFromRefreshToken: open(
    {
      RefreshToken: required(token),
      ClientId: required(clientId),
      ClientSecret: clientSecret,
      DeviceKey: text(),
    },
    (context, input) => {
      if (input.DeviceKey !== undefined) throw notEmbedded('DeviceKey');
      const attempt = attemptOf(context, input.ClientId);
      return {
        AuthenticationResult: refresh(attempt, input.RefreshToken, () =>
          checkSecret(attempt.client, input.ClientSecret),
        ),
      };
    },
  ),
  /** Revokes a token family. This API then refuses its access tokens too. */
  RevokeToken: open(
    { Token: required(token), ClientId: required(clientId), ClientSecret: clientSecret },
    ({ pools }, input) => {
      const { pool, client } = pools.client(input.ClientId);
      checkSecret(client, input.ClientSecret);
      if (!canRevoke(client.settings)) {
        throw new AwsError(
          'UnsupportedOperationException',
          'Token revocation is not enabled for this client.',
        );
      }
      if (statedClaims(input.Token)) {
        throw new AwsError('UnsupportedTokenTypeException', 'Only refresh tokens can be revoked.');
      }
      const found = findRefreshToken(pool, client, input.Token);
      if (!found) throw invalidParameter('Invalid Refresh Token');
      pool.putUser(withFamily(found.user, { ...found.family, revoked: true }));
    },
  ),
  GlobalSignOut: asUser({}, ({ pool, user }) => pool.putUser(signedOut(user))),
};
