import { awsErrorName, wasRepeated, wordsOf } from '../../cognito-errors.ts';
import type { Challenge } from '../../user-pool.ts';
import type { ChallengeHandler } from './challenge.ts';

const PREFIX = 'userAttributes.';

/** Errors whose message names the pool's rule. */
const REJECTED = new Set(['InvalidPasswordException', 'PasswordHistoryPolicyViolationException']);

export const isPasswordRejected = (error: Error): boolean => REJECTED.has(awsErrorName(error) ?? '');

function readJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    // The list is optional. Without it, only attributes that the user set are sent.
    return null;
  }
}

/** Returns the attributes of the user and those that the pool requires, without the prefix of their names. */
export function attributesOf({ parameters }: Challenge): {
  present: Readonly<Record<string, unknown>>;
  missing: readonly string[];
} {
  const known = readJson(parameters.userAttributes);
  const present = typeof known === 'object' && known !== null ? { ...known } : {};
  const required = readJson(parameters.requiredAttributes);
  const names = (Array.isArray(required) ? required : [])
    .filter((name) => typeof name === 'string')
    .map((name) => (name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name));
  return { present, missing: names.filter((name) => !(name in present)) };
}

/** Replaces a temporary password and sets the missing attributes at the first sign-in. */
export const newPasswordRequired: ChallengeHandler = {
  async answer(challenge, { answers }) {
    const { present, missing } = attributesOf(challenge);
    const password = await answers.newPassword();
    const attributes = await answers.attributes(missing);
    // Cognito refuses attributes that the user already has, even unchanged ones.
    const changes = Object.entries(attributes).filter(([name, value]) => present[name] !== value);
    const set = changes.map(([name, value]) => [PREFIX + name, value] as const);
    return { responses: { NEW_PASSWORD: password, ...Object.fromEntries(set) } };
  },
  mayAnswerAgain(error, { answers }) {
    return isPasswordRejected(error) && answers.rejectNewPassword(`${wordsOf(error)}.`);
  },
  restarted(error, { answers }) {
    // The first attempt ended the session: Cognito accepted the new password, and its response was lost.
    if (wasRepeated(error)) answers.useNewPassword();
  },
};
