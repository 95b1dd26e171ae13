import { createHmac } from 'node:crypto';
import type { JsonObject } from '../../json.ts';
import { invalidParameter, notAuthorized, wrongCredentials } from '../errors.ts';
import type { Outbox } from '../messages.ts';
import type { Context } from '../operation.ts';
import { checkLockout, withFailure } from '../password.ts';
import { sessionLifetime } from '../resources/client-properties.ts';
import { equal } from '../srp.ts';
import type { ClientRecord, UserRecord } from '../store/model.ts';
import type { Pool } from '../store/pool.ts';

/**
 * A client with a secret has to prove that it knows it, for every user name that it sends,
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

/** The same for the operations that take the secret itself. */
export function checkSecret(client: ClientRecord, given: string | undefined): void {
  if (client.secret === undefined && given === undefined) return;
  const matches =
    client.secret !== undefined &&
    given !== undefined &&
    equal(Buffer.from(client.secret), Buffer.from(given));
  if (!matches) throw notAuthorized(`Client secret does not match for the client: ${client.id}`);
}

/** One call of a sign-in. */
export interface Attempt {
  readonly pool: Pool;
  readonly client: ClientRecord;
  readonly now: Date;
  readonly outbox: Outbox;
}

/** A call for a client, found by its id alone or, for administrators, within the pool that they name. */
export function attemptOf({ pools, now, outbox }: Context, clientId: string, poolId?: string): Attempt {
  const within = poolId === undefined ? undefined : pools.get(poolId);
  return { ...pools.client(clientId, within), now: now(), outbox };
}

export type Parameters = Readonly<Record<string, string>>;

/** A parameter that a flow or a challenge cannot do without. Throws InvalidParameterException. */
export function needed(parameters: Parameters, name: string): string {
  const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
  if (!value) throw invalidParameter(`Missing required parameter ${name}`);
  return value;
}

/** Asks a challenge of a user: the answer that carries its session, which remembers `data`. */
export function ask(
  { pool, client }: Attempt,
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
 * Looks at one proof of a password. Throws NotAuthorizedException while the user is locked out, and for a wrong
 * password, which it counts. The count ends with a whole sign-in, not with a right password alone: a second factor may
 * still be guessed at.
 */
export function checkProof(
  { pool, now }: Pick<Attempt, 'pool' | 'now'>,
  user: UserRecord,
  proves: () => boolean,
): void {
  checkLockout(user.failures, now);
  if (proves()) return;
  pool.putUser({ ...user, failures: withFailure(user.failures, now) });
  throw wrongCredentials();
}
