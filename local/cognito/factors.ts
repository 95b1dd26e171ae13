import { ADDRESS, FACTORS, type Factor, isMessageFactor } from './resources/pool-properties.ts';
import type { UserRecord } from './store/model.ts';
import type { UserPool } from './store/pool.ts';

/** Returns the factors that a pool allows; none while its MFA is off. */
export function poolFactors({ record }: UserPool): readonly Factor[] {
  const { MfaConfiguration = 'OFF', EnabledMfas = [] } = record.settings;
  return MfaConfiguration === 'OFF' ? [] : FACTORS.filter((factor) => EnabledMfas.includes(factor));
}

/** Returns the factors that are turned on for a user. */
export function chosenFactors({ softwareToken, messageFactors = [] }: UserRecord): readonly Factor[] {
  return FACTORS.filter((factor) =>
    isMessageFactor(factor) ? messageFactors.includes(factor) : softwareToken?.enabled,
  );
}

/**
 * Returns the factors that a user can be asked for. An app remains usable if the pool no longer offers apps. If the pool
 * requires a factor, an address alone enables messages:
 * https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-totp.html,
 * https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-sms-email-message.html
 */
export function usableFactors(pool: UserPool, user: UserRecord): readonly Factor[] {
  const { MfaConfiguration = 'OFF' } = pool.record.settings;
  if (MfaConfiguration === 'OFF') return [];
  const offered = poolFactors(pool).filter(isMessageFactor);
  const messages = offered.filter((factor) => user.attributes[ADDRESS[factor]] !== undefined);
  const chosen = chosenFactors(user).filter(
    (factor) => !isMessageFactor(factor) || messages.includes(factor),
  );
  return chosen.length === 0 && MfaConfiguration === 'ON' ? messages : chosen;
}
