import type { JsonObject } from '../../json.ts';
import { type Attempt, checkSecretHash, needed, type Parameters } from '../auth/attempt.ts';
import { invalidSession } from '../errors.ts';
import { checkLockout, withFailure } from '../password.ts';
import type { UserRecord } from '../store/model.ts';
import type { SessionState } from '../store/sessions.ts';

export interface Answer {
  readonly responses: Parameters;
  readonly state: SessionState;
  readonly token: string;
}

/** One kind of challenge: how its answer is judged. What asks it is a function of its own beside it. */
export interface Challenge {
  readonly name: string;
  readonly proves: 'password' | 'second factor';
  /** Where the answer carries its session. */
  readonly sessionOf: (responses: Parameters, session: string | undefined) => string | undefined;
  /** The user who answered rightly. A wrong answer throws; the session lives on unless the challenge spends it. */
  readonly judge: (attempt: Attempt, answer: Answer) => UserRecord;
  /** What comes next, where that is not for the state of the user to say. */
  readonly next?: (attempt: Attempt, user: UserRecord, responses: Parameters) => JsonObject;
}

/**
 * The user that a session is about, if that is also the one whom the answer names. A client with a secret proves it
 * first.
 */
export function sessionUser({ pool, client }: Attempt, { responses, state }: Answer): UserRecord {
  const name = needed(responses, 'USERNAME');
  checkSecretHash(client, [name], responses.SECRET_HASH);
  const user = state.sub === undefined ? undefined : pool.user(state.sub);
  if (!user || pool.findUser(name)?.sub !== user.sub) throw invalidSession();
  return user;
}

/** Short codes are soon guessed: a wrong one counts towards the same lockout as a wrong password. Keeps the user who comes out. */
export function guessed(
  { pool, now }: Attempt,
  user: UserRecord,
  check: (user: UserRecord) => UserRecord,
): UserRecord {
  checkLockout(user.failures, now);
  try {
    const changed = check(user);
    pool.putUser(changed);
    return changed;
  } catch (error) {
    pool.putUser({ ...user, failures: withFailure(user.failures, now) });
    throw error;
  }
}
