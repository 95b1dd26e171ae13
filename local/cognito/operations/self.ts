import { required } from '../../shape.ts';
import { checkProof } from '../auth/sign-in-attempt.ts';
import { notEmbedded, wrongCredentials } from '../errors.ts';
import { attributes, password } from '../fields.ts';
import { asUser } from '../operation.ts';
import { canRead, checkWrites } from '../permissions.ts';
import { changeAttributes } from '../schema.ts';
import { passwordMatches } from '../srp.ts';
import { attributeList, checkAliases, mfaSettings, newCredential, withPassword } from '../users.ts';

export const selfService = {
  GetUser: asUser({}, ({ client, user }) => {
    const UserAttributes = attributeList(user, (name) => canRead(client.settings, name));
    return { Username: user.username, UserAttributes, ...mfaSettings(user) };
  }),
  /**
   * Changes attributes for the user who calls. Refuses a changed address in a pool that would verify it, because the
   * embedded Cognito does not send that code.
   * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserAttributes.html
   */
  UpdateUserAttributes: asUser(
    { UserAttributes: required(attributes) },
    ({ pool, client, user, now }, { UserAttributes: changes }) => {
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
  ChangePassword: asUser(
    { PreviousPassword: password, ProposedPassword: required(password) },
    ({ pool, user, now }, { PreviousPassword: previous, ProposedPassword }) => {
      if (previous === undefined) throw wrongCredentials();
      checkProof({ pool, now: now() }, user, () =>
        passwordMatches(pool.account(user.username), previous, user.credential),
      );
      const credential = newCredential(pool, user.username, ProposedPassword, now());
      pool.putUser(withPassword(user, 'CONFIRMED', credential));
    },
  ),
};
