import { bearerOf } from '../auth/access-token.ts';
import { checkProof } from '../auth/attempt.ts';
import { notAuthorized } from '../errors.ts';
import { password, token } from '../fields.ts';
import { operation } from '../operation.ts';
import { optional, required, structure } from '../shape.ts';
import { passwordMatches } from '../srp.ts';
import { attributeList, mfaSettings, newCredential, withPassword } from '../users.ts';

export const getUser = operation(
  'GetUser',
  'public',
  structure({ AccessToken: required(token) }),
  ({ pools, now }, input) => {
    const { user } = bearerOf(pools, input.AccessToken, now());
    return { Username: user.username, UserAttributes: attributeList(user), ...mfaSettings(user) };
  },
);

export const changePassword = operation(
  'ChangePassword',
  'public',
  structure({
    AccessToken: required(token),
    PreviousPassword: optional(password),
    ProposedPassword: required(password),
  }),
  ({ pools, now }, input) => {
    const bearer = bearerOf(pools, input.AccessToken, now());
    const { pool, user } = bearer;
    const previous = input.PreviousPassword;
    if (previous === undefined) throw notAuthorized('Incorrect username or password.');
    checkProof({ ...bearer, now: now() }, user, () =>
      passwordMatches(pool.account(user.username), previous, user.credential),
    );
    const credential = newCredential(pool, user.username, input.ProposedPassword, now());
    pool.putUser(withPassword(user, 'CONFIRMED', credential));
    return {};
  },
);
