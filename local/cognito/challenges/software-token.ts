import { createHmac } from 'node:crypto';
import type { JsonObject } from '../../json.ts';
import { randomText } from '../../secrets.ts';
import { AwsError } from '../../wire/errors.ts';
import { issueChallenge, needed, type SignInAttempt } from '../auth/sign-in-attempt.ts';
import { codeMismatch, invalidParameter } from '../errors.ts';
import type { SoftwareToken, UserRecord } from '../store/model.ts';
import { type Challenge, checkCode, sessionUser } from './challenge.ts';

/** RFC 6238 with the parameters of authenticator apps: SHA-1, six digits, 30 seconds. */
const STEP_SECONDS = 30;
/** Number of steps before and after the current one whose codes are accepted, for inaccurate clocks. */
const WINDOW = 1;

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const SECRET_LETTERS = 52;

/** Returns a new shared secret, base32, of Cognito's length. */
export function newSecret(): string {
  return randomText(BASE32, SECRET_LETTERS);
}

function fromBase32(text: string): Buffer {
  const bits = [...text].map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const bytes = bits.match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
}

export function codeAt(secret: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const digest = createHmac('sha1', fromBase32(secret)).update(counter).digest();
  const offset = (digest.at(-1) ?? 0) & 0x0f;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

export const stepAt = (now: Date) => Math.floor(now.getTime() / 1_000 / STEP_SECONDS);

/** Returns the step of a code, later than `after`; `undefined` if there is none near `now`. */
function matchingStep(secret: string, code: string, now: Date, after: number): number | undefined {
  const current = stepAt(now);
  for (let step = current - WINDOW; step <= current + WINDOW; step += 1) {
    if (step > after && codeAt(secret, step) === code) return step;
  }
  return undefined;
}

export const SOFTWARE_TOKEN_MFA = 'SOFTWARE_TOKEN_MFA';
export const MFA_SETUP = 'MFA_SETUP';

export const requestSoftwareToken = (attempt: SignInAttempt, user: UserRecord): JsonObject =>
  issueChallenge(attempt, user, SOFTWARE_TOKEN_MFA, { USER_ID_FOR_SRP: user.username });

/**
 * Accepts a code of an app, once.
 *
 * @throws AwsError `CodeMismatchException` for a wrong code, `ExpiredCodeException` for a used one
 */
export function takeCode(token: SoftwareToken, code: string, now: Date): SoftwareToken {
  const usedStep = matchingStep(token.secret, code, now, token.usedStep);
  if (usedStep !== undefined) return { ...token, usedStep };
  if (matchingStep(token.secret, code, now, 0) === undefined)
    throw codeMismatch('Invalid code received for user');
  throw new AwsError('ExpiredCodeException', 'Your software token has already been used once.');
}

export const softwareTokenMfa: Challenge = {
  name: SOFTWARE_TOKEN_MFA,
  proves: 'second factor',
  judge(attempt, response) {
    const user = sessionUser(attempt, response);
    const code = needed(response.responses, 'SOFTWARE_TOKEN_MFA_CODE');
    const token = user.softwareToken;
    if (!token?.enabled) {
      throw new AwsError(
        'SoftwareTokenMFANotFoundException',
        'Software Token MFA does not exist for the user.',
      );
    }
    return checkCode(attempt, user, (one) => ({ ...one, softwareToken: takeCode(token, code, attempt.now) }));
  },
};

/** Continues the session of VerifySoftwareToken, which sets the app up. */
export const mfaSetup: Challenge = {
  name: MFA_SETUP,
  proves: 'second factor',
  judge(attempt, response) {
    const user = sessionUser(attempt, response);
    if (!user.softwareToken?.verified || response.state.data.verified !== 'true') {
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
