import type { JsonObject } from '../../json.ts';
import { checkSecretHash, needed, type Parameters, type SignInAttempt } from '../auth/sign-in-attempt.ts';
import { invalidSession } from '../errors.ts';
import { checkLockout, withFailure } from '../password.ts';
import type { UserRecord } from '../store/model.ts';
import type { SessionState } from '../store/sessions.ts';

export interface ChallengeResponse {
  readonly responses: Parameters;
  readonly state: SessionState;
  readonly token: string;
}

/** How the response to one kind of challenge is checked. */
export interface Challenge {
  readonly name: string;
  readonly proves: 'password' | 'second factor';
  /** Returns the session token, if it is in another member than `Session`. */
  readonly sessionOf?: (responses: Parameters) => string;
  /** Returns the user, or throws for a wrong response. The session stays open unless the challenge uses it up. */
  readonly judge: (attempt: SignInAttempt, response: ChallengeResponse) => UserRecord;
  /** The next challenge, if the state of the user does not decide it. */
  readonly next?: (attempt: SignInAttempt, user: UserRecord, responses: Parameters) => JsonObject;
}

/** Returns the user of a session, after checking the client's secret and that the response names the same user. */
export function sessionUser(
  { pool, client }: SignInAttempt,
  { responses, state }: ChallengeResponse,
): UserRecord {
  const name = needed(responses, 'USERNAME');
  checkSecretHash(client, [name], responses.SECRET_HASH);
  const user = state.sub === undefined ? undefined : pool.user(state.sub);
  if (!user || pool.findUser(name)?.sub !== user.sub) throw invalidSession();
  return user;
}

/** Checks a one-time code and stores the changed user. A wrong code counts towards the lockout, as a wrong password does. */
export function checkCode(
  { pool, now }: SignInAttempt,
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
