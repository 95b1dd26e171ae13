import { randomUUID } from 'node:crypto';
import { flag, list, type Output, oneOf, required } from '../../shape.ts';
import { AwsError } from '../../wire/errors.ts';
import { invalidParameter, notEmbedded } from '../errors.ts';
import { attributes, deliveryMedium, password, username } from '../fields.ts';
import { invitation, textInvitation } from '../messages.ts';
import { type Context, onPool } from '../operation.ts';
import { generatePassword, NO_FAILURES } from '../password.ts';
import { passwordPolicyOf } from '../resources/pool-properties.ts';
import { changeAttributes } from '../schema.ts';
import type { UserRecord } from '../store/model.ts';
import type { UserPool } from '../store/pool.ts';
import { checkAliases, describeUser, getUser, newCredential, withPassword } from '../users.ts';

const input = {
  Username: required(username),
  UserAttributes: attributes,
  TemporaryPassword: password,
  ForceAliasCreation: flag(),
  MessageAction: oneOf(['RESEND', 'SUPPRESS']),
  DesiredDeliveryMediums: list(deliveryMedium),
};
type Input = Output<typeof input>;

const isEmail = (name: string) => /^[^\s@]+@[^\s@]+$/.test(name);

/** Returns the username: the given name, or a new id if the pool's users sign in with an address. */
function nameNewUser(
  pool: UserPool,
  name: string,
): { username: string; sub: string; attributes: Record<string, string> } {
  const { UsernameAttributes = [], AliasAttributes = [] } = pool.record.settings;
  const sub = randomUUID();
  if (UsernameAttributes.length === 0) {
    if (AliasAttributes.includes('email') && isEmail(name)) {
      throw invalidParameter(
        'Username cannot be of email format, since user pool is configured for email alias.',
      );
    }
    return { username: name, sub, attributes: {} };
  }
  const address = isEmail(name) ? 'email' : 'phone_number';
  if (!UsernameAttributes.includes(address)) {
    const kinds = UsernameAttributes.map((kind) => (kind === 'email' ? 'an email' : 'a phone number'));
    throw invalidParameter(`Username should be ${kinds.length > 1 ? 'either ' : ''}${kinds.join(' or ')}.`);
  }
  return { username: sub, sub, attributes: { [address]: name } };
}

function send(
  { outbox }: Context,
  pool: UserPool,
  user: UserRecord,
  { DesiredDeliveryMediums }: Input,
  code: string,
): void {
  const mediums = DesiredDeliveryMediums ?? ['SMS'];
  const { settings } = pool.record;
  const { email, phone_number: phone } = user.attributes;
  if (mediums.includes('SMS') && phone) {
    if (!settings.SmsConfiguration) {
      throw invalidParameter('User pool does not have SMS configuration to send messages.');
    }
    outbox.send(textInvitation(settings, phone, user.username, code));
  }
  if (mediums.includes('EMAIL') && email) outbox.send(invitation(settings, email, user.username, code));
}

function create(context: Context, pool: UserPool, request: Input): UserRecord {
  if (pool.findUser(request.Username)) {
    throw new AwsError('UsernameExistsException', 'User account already exists');
  }
  const now = context.now();
  const named = nameNewUser(pool, request.Username);
  const given = changeAttributes({
    schema: pool.schema,
    current: named.attributes,
    changes: request.UserAttributes ?? [],
  });
  checkAliases(pool, named.sub, given);
  const code = request.TemporaryPassword || generatePassword(passwordPolicyOf(pool.record.settings));
  const user: UserRecord = {
    sub: named.sub,
    username: named.username,
    created: now.toISOString(),
    modified: now.toISOString(),
    enabled: true,
    status: 'FORCE_CHANGE_PASSWORD',
    attributes: given,
    credential: newCredential(pool, named.username, code, now),
    failures: NO_FAILURES,
    families: [],
  };
  if (request.MessageAction !== 'SUPPRESS') send(context, pool, user, request, code);
  pool.putUser(user);
  return user;
}

/** Sends the invitation again, with a new temporary password that is valid for its full time. */
function resend(context: Context, pool: UserPool, request: Input): UserRecord {
  const user = getUser(pool, request.Username);
  if (user.status !== 'FORCE_CHANGE_PASSWORD') {
    throw new AwsError(
      'UnsupportedUserStateException',
      `Resend not possible. ${user.username} status is not FORCE_CHANGE_PASSWORD`,
    );
  }
  const code = request.TemporaryPassword || generatePassword(passwordPolicyOf(pool.record.settings));
  const changed = withPassword(
    user,
    'FORCE_CHANGE_PASSWORD',
    newCredential(pool, user.username, code, context.now()),
  );
  send(context, pool, changed, request, code);
  pool.putUser(changed);
  return changed;
}

export const adminCreateUser = {
  /** https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminCreateUser.html */
  AdminCreateUser: onPool(input, ({ pool, ...context }, request) => {
    if (request.ForceAliasCreation) throw notEmbedded('ForceAliasCreation');
    const user = (request.MessageAction === 'RESEND' ? resend : create)(context, pool, request);
    return { User: describeUser(user) };
  }),
};
