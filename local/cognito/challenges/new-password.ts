import type { JsonObject } from '../../json.ts';
import { issueChallenge, needed, type Parameters, type SignInAttempt } from '../auth/sign-in-attempt.ts';
import { invalidParameter, invalidSession } from '../errors.ts';
import { checkWrites } from '../permissions.ts';
import { changeAttributes, missingAttributes } from '../schema.ts';
import type { UserRecord } from '../store/model.ts';
import { checkAliases, newCredential, withPassword } from '../users.ts';
import { type Challenge, sessionUser } from './challenge.ts';

const NEW_PASSWORD_REQUIRED = 'NEW_PASSWORD_REQUIRED';
const PREFIX = 'userAttributes.';

export function requestNewPassword(attempt: SignInAttempt, user: UserRecord): JsonObject {
  const missing = missingAttributes(attempt.pool.schema, user.attributes);
  return issueChallenge(attempt, user, NEW_PASSWORD_REQUIRED, {
    USER_ID_FOR_SRP: user.username,
    requiredAttributes: JSON.stringify(missing.map((name) => `${PREFIX}${name}`)),
    userAttributes: JSON.stringify(user.attributes),
  });
}

/** Returns the attributes that a response sets. Required ones must be given if missing, and cannot be changed if set. */
function answeredAttributes(
  { pool, client }: SignInAttempt,
  user: UserRecord,
  responses: Parameters,
): Record<string, string> {
  const { schema } = pool;
  const changes = Object.entries(responses)
    .filter(([name]) => name.startsWith(PREFIX))
    .map(([name, Value]) => ({ Name: name.slice(PREFIX.length), Value }));
  for (const { Name: name } of changes) {
    if (name.endsWith('_verified')) throw invalidParameter(`Cannot modify the non-mutable attribute ${name}`);
    const required = schema.find((attribute) => attribute.name === name)?.required;
    if (required && user.attributes[name] !== undefined) {
      throw invalidParameter(`Cannot modify an already provided ${name}`);
    }
  }
  const attributes = changeAttributes({ schema, current: user.attributes, changes });
  checkWrites(
    client.settings,
    changes.map(({ Name: name }) => name),
  );
  const [missing] = missingAttributes(schema, attributes);
  if (missing) throw invalidParameter(`Invalid attributes given, ${missing} is missing`);
  return attributes;
}

export const newPasswordRequired: Challenge = {
  name: NEW_PASSWORD_REQUIRED,
  proves: 'password',
  judge(attempt, response) {
    const { pool, now } = attempt;
    const { responses } = response;
    const user = sessionUser(attempt, response);
    const password = needed(responses, 'NEW_PASSWORD');
    if (user.status !== 'FORCE_CHANGE_PASSWORD') throw invalidSession();
    const attributes = answeredAttributes(attempt, user, responses);
    checkAliases(pool, user.sub, attributes);
    const changed = withPassword(
      { ...user, attributes },
      'CONFIRMED',
      newCredential(pool, user.username, password, now),
    );
    pool.putUser(changed);
    return changed;
  },
};
