import { createHash } from 'node:crypto';
import { DIGITS, equal, randomText } from '../secrets.ts';
import { codeMismatch, expiredCode, invalidParameter } from './errors.ts';
import { mask, resetMessage } from './messages.ts';
import type { Context } from './operation.ts';
import type { UserRecord } from './store/model.ts';
import type { UserPool } from './store/pool.ts';

/** A code is valid for an hour and for five tries. */
const LIFETIME_MS = 60 * 60_000;
const TRIES = 5;
const CODE_LENGTH = 6;

const hashOf = (user: UserRecord, code: string) =>
  createHash('sha256').update(`${user.sub}:${code}`).digest('hex');

function recoveryEmail(pool: UserPool, user: UserRecord): string {
  const mechanisms = pool.record.settings.AccountRecoverySetting?.RecoveryMechanisms;
  const byEmail = mechanisms?.some(({ Name }) => Name === 'verified_email') ?? true;
  const { email, email_verified } = user.attributes;
  if (byEmail && email && email_verified === 'true') return email;
  throw invalidParameter(
    'Cannot reset password for the user as there is no registered/verified email or phone_number',
  );
}

/** Sends a code and stores the given user with its hash. */
export function sendResetCode({ outbox, now }: Context, pool: UserPool, user: UserRecord) {
  const to = recoveryEmail(pool, user);
  const code = randomText(DIGITS, CODE_LENGTH);
  const expires = new Date(now().getTime() + LIFETIME_MS).toISOString();
  outbox.send(resetMessage(pool.record.settings, to, user.username, code));
  pool.putUser({ ...user, resetCode: { hash: hashOf(user, code), expires, attempts: 0 } });
  return deliveryTo(to);
}

export const deliveryTo = (email: string) => ({
  CodeDeliveryDetails: {
    Destination: mask(email),
    DeliveryMedium: 'EMAIL',
    AttributeName: 'email',
  },
});

/**
 * @throws AwsError `CodeMismatchException` for a wrong code, `ExpiredCodeException` if there is none, it is old, or
 * after too many tries
 */
export function checkResetCode(pool: UserPool, user: UserRecord, given: string, now: Date): void {
  const kept = user.resetCode;
  if (!kept || now.getTime() >= Date.parse(kept.expires) || kept.attempts >= TRIES) throw expiredCode();
  if (equal(hashOf(user, given), kept.hash)) return;
  pool.putUser({ ...user, resetCode: { ...kept, attempts: kept.attempts + 1 } });
  throw codeMismatch();
}
