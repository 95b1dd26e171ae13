import { awsErrorName, wordsOf } from '../../cognito-errors.ts';
import type { Challenge } from '../../user-pool.ts';
import type { ChallengeHandler } from './challenge.ts';

const PREFIX = 'userAttributes.';

/** The pool's own words come with these. */
const REJECTED = new Set(['InvalidPasswordException', 'PasswordHistoryPolicyViolationException']);

export const isPasswordRejected = (error: Error): boolean => REJECTED.has(awsErrorName(error) ?? '');

function readJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    // Cognito's word on attributes is a help, not a need: without it only those typed are sent.
    return null;
  }
}

/** What the user has, and what the pool requires in addition; names without their prefix. */
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

/** The first sign-in with a temporary password: a password of the user's own, and the attributes that are missing. */
export const newPasswordRequired: ChallengeHandler = {
  async answer(challenge, { answers }) {
    const { present, missing } = attributesOf(challenge);
    const password = await answers.newPassword();
    const attributes = await answers.attributes(missing);
    // What the user has already may not be sent again, not even unchanged.
    const changes = Object.entries(attributes).filter(([name, value]) => present[name] !== value);
    const set = changes.map(([name, value]) => [PREFIX + name, value] as const);
    return { responses: { NEW_PASSWORD: password, ...Object.fromEntries(set) } };
  },
  mayAnswerAgain(error, { answers }) {
    return isPasswordRejected(error) && answers.rejectNewPassword(`${wordsOf(error)}.`);
  },
};
