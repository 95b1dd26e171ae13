import type { JsonObject } from '../../json.ts';
import { AwsError } from '../../wire/errors.ts';
import { requestNewPassword } from '../challenges/new-password.ts';
import { requestSecondFactor } from '../challenges/second-factor.ts';
import { notAuthorized, userDisabled } from '../errors.ts';
import { hidesUsers } from '../resources/client-properties.ts';
import { passwordPolicyOf } from '../resources/pool-properties.ts';
import type { UserRecord } from '../store/model.ts';
import type { SignInAttempt } from './sign-in-attempt.ts';
import { signIn } from './tokens.ts';

const DAY_MS = 86_400_000;

const resetRequired = () =>
  new AwsError('PasswordResetRequiredException', 'Password reset required for the user');

/**
 * Refuses users who cannot sign in before their password is checked. If the client hides users, only `proceed` refuses
 * them, after the right password.
 */
export function checkEarly({ client }: SignInAttempt, user: UserRecord): void {
  if (hidesUsers(client.settings)) return;
  if (!user.enabled) throw userDisabled();
  if (user.status === 'RESET_REQUIRED') throw resetRequired();
}

function checkTemporaryPassword({ pool, now }: SignInAttempt, user: UserRecord): void {
  const days = passwordPolicyOf(pool.record.settings).TemporaryPasswordValidityDays;
  if (now.getTime() < Date.parse(user.credential.set) + days * DAY_MS) return;
  throw notAuthorized('Temporary password has expired and must be reset by an administrator.');
}

/** Returns the next challenge after a passed one, or the tokens. */
export function proceed(
  attempt: SignInAttempt,
  user: UserRecord,
  proved: 'password' | 'second factor',
): JsonObject {
  if (!user.enabled) throw userDisabled();
  if (user.status === 'RESET_REQUIRED') throw resetRequired();
  if (user.status === 'FORCE_CHANGE_PASSWORD') {
    checkTemporaryPassword(attempt, user);
    return requestNewPassword(attempt, user);
  }
  const challenge = proved === 'password' ? requestSecondFactor(attempt, user) : undefined;
  return challenge ?? { AuthenticationResult: signIn({ ...attempt, user }), ChallengeParameters: {} };
}
