import type { JsonObject } from '../../json.ts';
import { invalidParameter, wrongCredentials } from '../errors.ts';
import { checkLockout, withFailure } from '../lockout.ts';
import type { Outbox } from '../messages.ts';
import type { Context } from '../operation.ts';
import { sessionLifetime } from '../resources/client-properties.ts';
import type { ClientRecord, UserRecord } from '../store/model.ts';
import type { Pool } from '../store/pool.ts';

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
