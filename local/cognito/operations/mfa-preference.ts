import { flag, type Output, structure } from '../../shape.ts';
import { invalidParameter } from '../errors.ts';
import { chosenFactors, poolFactors } from '../factors.ts';
import { asUser, onUser } from '../operation.ts';
import { ADDRESS, FACTORS, type Factor, isMessageFactor } from '../resources/pool-properties.ts';
import type { UserRecord } from '../store/model.ts';
import type { UserPool } from '../store/pool.ts';

const preference = structure({ Enabled: flag(), PreferredMfa: flag() });
const preferences = {
  SoftwareTokenMfaSettings: preference,
  SMSMfaSettings: preference,
  EmailMfaSettings: preference,
};
type Preferences = Output<typeof preferences>;

const MEMBER = {
  SMS_MFA: 'SMSMfaSettings',
  SOFTWARE_TOKEN_MFA: 'SoftwareTokenMfaSettings',
  EMAIL_OTP: 'EmailMfaSettings',
} as const;

function checkCanEnable(pool: UserPool, user: UserRecord, factor: Factor): void {
  if (!poolFactors(pool).includes(factor)) {
    throw invalidParameter(`The user pool does not have ${factor} enabled.`);
  }
  const canReceive = isMessageFactor(factor)
    ? user.attributes[ADDRESS[factor]] !== undefined
    : user.softwareToken?.verified;
  if (!canReceive) {
    throw invalidParameter(`User does not have delivery config set to turn on ${factor}`);
  }
}

/** Turns factors of a user on and off, and sets the preferred one. Factors that are not named stay as they are. */
function setPreference(pool: UserPool, user: UserRecord, input: Preferences): void {
  const named = FACTORS.filter((factor) => input[MEMBER[factor]] !== undefined);
  const enabled = new Set(chosenFactors(user));
  for (const factor of named) {
    if (!input[MEMBER[factor]]?.Enabled) {
      enabled.delete(factor);
      continue;
    }
    checkCanEnable(pool, user, factor);
    enabled.add(factor);
  }
  const preferred = named.filter((factor) => enabled.has(factor) && input[MEMBER[factor]]?.PreferredMfa);
  if (preferred.length > 1) throw invalidParameter('Only one MFA method can be preferred.');
  const { preferredFactor: before, ...rest } = user;
  const kept = before && enabled.has(before) && !named.includes(before) ? before : undefined;
  const preferredFactor = preferred[0] ?? kept;
  pool.putUser({
    ...rest,
    ...(rest.softwareToken && {
      softwareToken: { ...rest.softwareToken, enabled: enabled.has('SOFTWARE_TOKEN_MFA') },
    }),
    messageFactors: [...enabled].filter(isMessageFactor),
    ...(preferredFactor && { preferredFactor }),
  });
}

export const mfaPreference = {
  SetUserMFAPreference: asUser(preferences, ({ pool, user }, input) => setPreference(pool, user, input)),
  AdminSetUserMFAPreference: onUser(preferences, ({ pool, user }, input) => setPreference(pool, user, input)),
};
