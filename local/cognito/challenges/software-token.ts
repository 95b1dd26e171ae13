import type { JsonObject } from '../../json.ts';
import { AwsError } from '../../wire/errors.ts';
import { type Attempt, ask, needed } from '../auth/attempt.ts';
import { checkSecretHash } from '../auth/secret-hash.ts';
import { codeMismatch, expiredCode, invalidParameter } from '../errors.ts';
import type { SoftwareToken, UserRecord } from '../store/model.ts';
import type { Pool } from '../store/pool.ts';
import { type Challenge, sessionUser } from './challenge.ts';
import { matchingStep } from './totp.ts';

export const SOFTWARE_TOKEN_MFA = 'SOFTWARE_TOKEN_MFA';
export const MFA_SETUP = 'MFA_SETUP';

export const askSoftwareToken = (attempt: Attempt, user: UserRecord): JsonObject =>
  ask(attempt, user, SOFTWARE_TOKEN_MFA, { USER_ID_FOR_SRP: user.username });

/** Where the pool demands a second factor and the user has none yet: AssociateSoftwareToken takes the session on. */
export const askSoftwareTokenSetup = (attempt: Attempt, user: UserRecord): JsonObject =>
  ask(attempt, user, MFA_SETUP, {
    MFAS_CAN_SETUP: JSON.stringify([SOFTWARE_TOKEN_MFA]),
    USER_ID_FOR_SRP: user.username,
  });

/** Takes a code from the user's app, once. Throws CodeMismatchException, or ExpiredCodeException for one taken before. */
export function takeCode(
  pool: Pool,
  user: UserRecord,
  token: SoftwareToken,
  code: string,
  now: Date,
): UserRecord {
  const step = matchingStep(token.secret, code, now, token.usedStep);
  if (step === undefined) {
    if (matchingStep(token.secret, code, now, 0) !== undefined) throw expiredCode();
    throw codeMismatch();
  }
  const changed = { ...user, softwareToken: { ...token, usedStep: step } };
  pool.putUser(changed);
  return changed;
}

export const softwareTokenMfa: Challenge = {
  name: SOFTWARE_TOKEN_MFA,
  proves: 'second factor',
  sessionOf: (_, session) => session,
  judge(attempt, answer) {
    const name = needed(answer.responses, 'USERNAME');
    const code = needed(answer.responses, 'SOFTWARE_TOKEN_MFA_CODE');
    checkSecretHash(attempt.client, [name], answer.responses.SECRET_HASH);
    const user = sessionUser(attempt, answer);
    if (!user.softwareToken?.enabled) {
      throw new AwsError(
        'SoftwareTokenMFANotFoundException',
        'Software token MFA is not enabled for the user.',
      );
    }
    return takeCode(attempt.pool, user, user.softwareToken, code, attempt.now);
  },
};

/** Answered with the session that VerifySoftwareToken gave: by then the app is set up. */
export const mfaSetup: Challenge = {
  name: MFA_SETUP,
  proves: 'second factor',
  sessionOf: (_, session) => session,
  judge(attempt, answer) {
    const name = needed(answer.responses, 'USERNAME');
    checkSecretHash(attempt.client, [name], answer.responses.SECRET_HASH);
    const user = sessionUser(attempt, answer);
    if (!user.softwareToken?.verified || answer.state.data.verified !== 'true') {
      throw invalidParameter('Software token has not been verified.');
    }
    const changed = { ...user, softwareToken: { ...user.softwareToken, enabled: true, preferred: true } };
    attempt.pool.putUser(changed);
    return changed;
  },
};
