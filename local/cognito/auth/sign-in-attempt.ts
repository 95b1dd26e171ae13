import { createHmac } from 'node:crypto';
import type { JsonObject } from '../../json.ts';
import { equal } from '../../secrets.ts';
import { invalidParameter, notAuthorized, wrongCredentials } from '../errors.ts';
import type { Outbox } from '../messages.ts';
import type { Context } from '../operation.ts';
import { checkLockout, withFailure } from '../password.ts';
import { sessionLifetime } from '../resources/client-properties.ts';
import type { ClientRecord, UserRecord } from '../store/model.ts';
import type { UserPool } from '../store/pool.ts';

/**
 * Checks that a client with a secret knows it. The hash covers the user name of the request.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash
 */
export function checkSecretHash(
  client: ClientRecord,
  names: readonly string[],
  given: string | undefined,
): void {
  const { id, secret } = client;
  if (secret === undefined) {
    if (given === undefined) return;
    throw notAuthorized(`Client ${id} is not configured for secret but secret was received`);
  }
  if (given === undefined) {
    throw notAuthorized(`Client ${id} is configured with secret but SECRET_HASH was not received`);
  }
  const matches = names.some((name) => {
    const expected = createHmac('sha256', secret).update(`${name}${id}`).digest();
    return equal(expected, Buffer.from(given, 'base64'));
  });
  if (!matches) throw notAuthorized(`SecretHash does not match for the client: ${id}`);
}

/** Checks the secret itself, for operations that take it instead of a hash. */
export function checkSecret(client: ClientRecord, given: string | undefined): void {
  if (client.secret === undefined && given === undefined) return;
  const matches = client.secret !== undefined && given !== undefined && equal(client.secret, given);
  if (!matches) throw notAuthorized(`Client secret does not match for the client: ${client.id}`);
}

/** The pool, client and time of one request of a sign-in. */
export interface SignInAttempt {
  readonly pool: UserPool;
  readonly client: ClientRecord;
  readonly now: Date;
  readonly outbox: Outbox;
}

/** Finds a client by its id, for administrators within the pool that they name. */
export function attemptOf({ pools, now, outbox }: Context, clientId: string, poolId?: string): SignInAttempt {
  const within = poolId === undefined ? undefined : pools.get(poolId);
  return { ...pools.client(clientId, within), now: now(), outbox };
}

export type Parameters = Readonly<Record<string, string>>;

/** @throws AwsError `InvalidParameterException` if the parameter is missing or empty */
export function needed(parameters: Parameters, name: string): string {
  const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
  if (!value) throw invalidParameter(`Missing required parameter ${name}`);
  return value;
}

/** Opens a session that stores `data`, and returns the response with the challenge. */
export function issueChallenge(
  { pool, client }: SignInAttempt,
  user: UserRecord,
  challenge: string,
  parameters: Record<string, string>,
  data: Readonly<Record<string, string>> = {},
): JsonObject {
  const session = pool.sessions.open(
    { challenge, clientId: client.id, sub: user.sub, data },
    sessionLifetime(client.settings),
  );
  return { ChallengeName: challenge, Session: session, ChallengeParameters: parameters };
}

/**
 * Checks one proof of a password and counts failures. Only a complete sign-in resets the count: a right password does
 * not, because a caller can still guess the second factor.
 *
 * @throws AwsError `NotAuthorizedException` for a wrong password, and while the user is locked out
 */
export function checkProof(
  { pool, now }: Pick<SignInAttempt, 'pool' | 'now'>,
  user: UserRecord,
  proves: () => boolean,
): void {
  checkLockout(user.failures, now);
  if (proves()) return;
  pool.putUser({ ...user, failures: withFailure(user.failures, now) });
  throw wrongCredentials();
}
