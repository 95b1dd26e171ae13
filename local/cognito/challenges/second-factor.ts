import type { JsonObject } from '../../json.ts';
import { issueChallenge, needed, type SignInAttempt } from '../auth/sign-in-attempt.ts';
import { invalidParameter } from '../errors.ts';
import { poolFactors, usableFactors } from '../factors.ts';
import { type Factor, isMessageFactor } from '../resources/pool-properties.ts';
import type { UserRecord } from '../store/model.ts';
import { type Challenge, sessionUser } from './challenge.ts';
import { requestMessageCode } from './message-code.ts';
import { MFA_SETUP, requestSoftwareToken } from './software-token.ts';

const SELECT_MFA_TYPE = 'SELECT_MFA_TYPE';

const askFactor = (attempt: SignInAttempt, user: UserRecord, factor: Factor): JsonObject =>
  isMessageFactor(factor) ? requestMessageCode(attempt, user, factor) : requestSoftwareToken(attempt, user);

/** Asks for the preferred second factor, for the only one, or which of several. `undefined` if none is required. */
export function requestSecondFactor(attempt: SignInAttempt, user: UserRecord): JsonObject | undefined {
  const { pool } = attempt;
  const usable = usableFactors(pool, user);
  const [first, ...more] = usable;
  if (first === undefined) {
    return pool.record.settings.MfaConfiguration === 'ON' ? askSetup(attempt, user) : undefined;
  }
  const { preferredFactor } = user;
  if (preferredFactor && usable.includes(preferredFactor)) return askFactor(attempt, user, preferredFactor);
  if (more.length === 0) return askFactor(attempt, user, first);
  return issueChallenge(attempt, user, SELECT_MFA_TYPE, {
    MFAS_CAN_CHOOSE: JSON.stringify(usable),
    USER_ID_FOR_SRP: user.username,
  });
}

/** Asks a user without a second factor to set one up. AssociateSoftwareToken continues the session. */
const askSetup = (attempt: SignInAttempt, user: UserRecord): JsonObject =>
  issueChallenge(attempt, user, MFA_SETUP, {
    MFAS_CAN_SETUP: JSON.stringify(poolFactors(attempt.pool)),
    USER_ID_FOR_SRP: user.username,
  });

export const selectMfaType: Challenge = {
  name: SELECT_MFA_TYPE,
  proves: 'password',
  judge(attempt, response) {
    const user = sessionUser(attempt, response);
    chosen(attempt, user, needed(response.responses, 'ANSWER'));
    return user;
  },
  next: (attempt, user, { ANSWER = '' }) => askFactor(attempt, user, chosen(attempt, user, ANSWER)),
};

function chosen({ pool }: SignInAttempt, user: UserRecord, response: string): Factor {
  const factor = usableFactors(pool, user).find((one) => one === response);
  if (factor === undefined) throw invalidParameter(`Invalid ANSWER for ${SELECT_MFA_TYPE}.`);
  return factor;
}
