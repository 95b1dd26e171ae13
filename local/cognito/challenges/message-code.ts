import { createHash } from 'node:crypto';
import type { JsonObject } from '../../json.ts';
import { DIGITS, equal, randomText } from '../../secrets.ts';
import { issueChallenge, needed, type SignInAttempt } from '../auth/sign-in-attempt.ts';
import { codeMismatch, invalidParameter } from '../errors.ts';
import { mask, signInMessage } from '../messages.ts';
import { ADDRESS, type MessageFactor } from '../resources/pool-properties.ts';
import type { UserRecord } from '../store/model.ts';
import { type Challenge, checkCode, sessionUser } from './challenge.ts';

const MEDIUM = { SMS_MFA: 'SMS', EMAIL_OTP: 'EMAIL' } as const;

const LENGTH = { SMS_MFA: 6, EMAIL_OTP: 8 } as const;

const hashOf = (code: string) => createHash('sha256').update(code).digest('hex');

/** Sends a code that is valid as long as its session. */
export function requestMessageCode(
  attempt: SignInAttempt,
  user: UserRecord,
  factor: MessageFactor,
): JsonObject {
  const to = user.attributes[ADDRESS[factor]];
  if (to === undefined) throw invalidParameter(`The user has no ${ADDRESS[factor]}.`);
  const code = randomText(DIGITS, LENGTH[factor]);
  attempt.outbox.send(signInMessage(attempt.pool.record.settings, factor, { to, user: user.username, code }));
  const parameters = {
    CODE_DELIVERY_DELIVERY_MEDIUM: MEDIUM[factor],
    CODE_DELIVERY_DESTINATION: mask(to),
    USER_ID_FOR_SRP: user.username,
  };
  return issueChallenge(attempt, user, factor, parameters, { code: hashOf(code) });
}

/** A right code proves that the user owns the address. */
function withVerified(user: UserRecord, factor: MessageFactor): UserRecord {
  const flag = `${ADDRESS[factor]}_verified`;
  return { ...user, attributes: { ...user.attributes, [flag]: 'true' } };
}

function messageCode(factor: MessageFactor): Challenge {
  return {
    name: factor,
    proves: 'second factor',
    judge(attempt, response) {
      const { responses, state } = response;
      const asked = sessionUser(attempt, response);
      const code = needed(responses, `${factor}_CODE`);
      return checkCode(attempt, asked, (user) => {
        if (!equal(hashOf(code), state.data.code ?? ''))
          throw codeMismatch('Invalid code or auth state for the user.');
        return withVerified(user, factor);
      });
    },
  };
}

export const smsMfa = messageCode('SMS_MFA');
export const emailOtp = messageCode('EMAIL_OTP');
