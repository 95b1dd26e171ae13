import type { JsonObject } from '../../json.ts';
import { AwsError } from '../../wire/errors.ts';
import { type Attempt, ask, needed } from '../auth/attempt.ts';
import { codeMismatch, expiredCode, invalidParameter } from '../errors.ts';
import type { SoftwareToken, UserRecord } from '../store/model.ts';
import { type Challenge, guessed, sessionUser } from './challenge.ts';
import { matchingStep } from './totp.ts';

export const SOFTWARE_TOKEN_MFA = 'SOFTWARE_TOKEN_MFA';
export const MFA_SETUP = 'MFA_SETUP';

export const askSoftwareToken = (attempt: Attempt, user: UserRecord): JsonObject =>
  ask(attempt, user, SOFTWARE_TOKEN_MFA, { USER_ID_FOR_SRP: user.username });

/**
 * The token with a code of its app taken, once. Throws CodeMismatchException for a wrong code, ExpiredCodeException for
 * one that was taken before.
 */
export function takeCode(token: SoftwareToken, code: string, now: Date): SoftwareToken {
  const usedStep = matchingStep(token.secret, code, now, token.usedStep);
  if (usedStep !== undefined) return { ...token, usedStep };
  throw matchingStep(token.secret, code, now, 0) === undefined ? codeMismatch() : expiredCode();
}

export const softwareTokenMfa: Challenge = {
  name: SOFTWARE_TOKEN_MFA,
  proves: 'second factor',
  sessionOf: (_, session) => session,
  judge(attempt, answer) {
    const user = sessionUser(attempt, answer);
    const code = needed(answer.responses, 'SOFTWARE_TOKEN_MFA_CODE');
    const token = user.softwareToken;
    if (!token?.enabled) {
      throw new AwsError(
        'SoftwareTokenMFANotFoundException',
        'Software token MFA is not enabled for the user.',
      );
    }
    return guessed(attempt, user, (one) => ({ ...one, softwareToken: takeCode(token, code, attempt.now) }));
  },
};

/** Answered with the session that VerifySoftwareToken gave: by then the app is set up. */
export const mfaSetup: Challenge = {
  name: MFA_SETUP,
  proves: 'second factor',
  sessionOf: (_, session) => session,
  judge(attempt, answer) {
    const user = sessionUser(attempt, answer);
    if (!user.softwareToken?.verified || answer.state.data.verified !== 'true') {
      throw invalidParameter('Software token has not been verified.');
    }
    const changed: UserRecord = {
      ...user,
      softwareToken: { ...user.softwareToken, enabled: true },
      preferredFactor: SOFTWARE_TOKEN_MFA,
    };
    attempt.pool.putUser(changed);
    return changed;
  },
};
