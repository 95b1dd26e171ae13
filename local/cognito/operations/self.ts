import { required } from '../../shape.ts';
import { checkProof } from '../auth/sign-in-attempt.ts';
import { bearerOf } from '../auth/tokens.ts';
import { notAuthorized, notEmbedded } from '../errors.ts';
import { attributes, password, token } from '../fields.ts';
import { open } from '../operation.ts';
import { canRead, checkWrites } from '../permissions.ts';
import { changeAttributes } from '../schema.ts';
import { passwordMatches } from '../srp.ts';
import { attributeList, checkAliases, mfaSettings, newCredential, withPassword } from '../users.ts';

export const selfService = {
  GetUser: open({ AccessToken: required(token) }, ({ pools, now }, input) => {
    const { client, user } = bearerOf(pools, input.AccessToken, now());
    const UserAttributes = attributeList(user, (name) => canRead(client.settings, name));
    return { Username: user.username, UserAttributes, ...mfaSettings(user) };
  }),
  /**
   * Changes attributes for the user who calls. Refuses a changed address in a pool that would verify it, because the
   * embedded Cognito does not send that code.
   * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserAttributes.html
   */
  UpdateUserAttributes: open(
    { AccessToken: required(token), UserAttributes: required(attributes) },
    ({ pools, now }, { AccessToken, UserAttributes: changes }) => {
      const { pool, client, user } = bearerOf(pools, AccessToken, now());
      const changed = changeAttributes({ schema: pool.schema, current: user.attributes, changes });
      checkWrites(
        client.settings,
        changes.map(({ Name }) => Name),
      );
      const verified = pool.record.settings.AutoVerifiedAttributes?.find(
        (name) => changed[name] !== undefined && changed[name] !== user.attributes[name],
      );
      if (verified) throw notEmbedded(`the verification of a changed ${verified}`);
      checkAliases(pool, user.sub, changed);
      pool.putUser({ ...user, attributes: changed, modified: now().toISOString() });
    },
  ),
  ChangePassword: open(
    {
      AccessToken: required(token),
      PreviousPassword: password,
      ProposedPassword: required(password),
    },
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
    },
  ),
};
