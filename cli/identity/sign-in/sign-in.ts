import { UserError } from '../../errors.ts';
import { awsErrorName, cognitoFailure } from '../cognito-errors.ts';
import type { Challenge, Step, Tokens } from '../user-pool.ts';
import type { Attempt } from './challenges/challenge.ts';
import { handlerOf } from './challenges/handlers.ts';
import { startSrp } from './srp.ts';

/** Where NotAuthorizedException means the password. */
const PASSWORD_CHALLENGE = 'PASSWORD_VERIFIER';

/** More challenges than any sign-in has: password, new password, choice and set-up of a factor, its code, each begun again once. */
const MAX_CHALLENGES = 20;

export type SignIn = Omit<Attempt, 'srp'>;

/**
 * Signs in: SRP, then whatever challenges Cognito puts, until tokens come.
 * @throws {UserError} by the table in cognito-errors.ts; `challenge_unsupported`; `usage` for an answer that is missing.
 */
export async function signIn(parts: SignIn): Promise<Tokens> {
  const doing = `Signing in as ${parts.username}`;
  try {
    return await challengeLoop(parts);
  } catch (error) {
    throw cognitoFailure(error, doing, parts.pool.host);
  }
}

async function begin(parts: SignIn): Promise<{ step: Step; attempt: Attempt }> {
  const attempt = { ...parts, srp: startSrp() };
  return { attempt, step: await parts.pool.initiate(parts.username, attempt.srp.publicValue) };
}

async function challengeLoop(parts: SignIn): Promise<Tokens> {
  let { step, attempt } = await begin(parts);
  // A session that ran out while somebody was typing is begun again, once: a second refusal has another reason.
  const restarted = new Set<string>();
  for (let answers = 0; step.tokens === undefined; ) {
    const { challenge }: { challenge: Challenge } = step;
    const handler = handlerOf(challenge.name);
    if (answers === MAX_CHALLENGES) throw signInWithoutEnd(challenge);
    try {
      const { responses, session } = await handler.answer(challenge, attempt);
      const answered = session === undefined ? challenge : { ...challenge, session };
      const USERNAME = userOf(challenge, parts.username);
      step = await parts.pool.respond(answered, { ...responses, USERNAME });
      answers += 1;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (handler.mayAnswerAgain?.(error, attempt)) continue;
      if (!mayHaveEnded(error, challenge) || restarted.has(challenge.name)) throw error;
      restarted.add(challenge.name);
      handler.restarted?.(attempt);
      ({ step, attempt } = await begin(parts));
    }
  }
  return step.tokens;
}

function signInWithoutEnd({ name }: Challenge): UserError {
  return new UserError(
    'challenge_unsupported',
    `The sign-in has no end: after ${MAX_CHALLENGES} answers the user pool asks for ${name}.`,
    { hint: 'Something between here and Cognito changes its answers; try another network.' },
  );
}

/** Cognito's own name for the user, which it asks for from the first challenge on, else the one typed. */
function userOf({ parameters }: Challenge, typed: string): string {
  return parameters.USER_ID_FOR_SRP ?? parameters.USERNAME ?? typed;
}

/** Once the password is proved, this error mostly means the session, which lasts 3 minutes unless the pool says otherwise. */
function mayHaveEnded(error: Error, { name }: Challenge): boolean {
  return name !== PASSWORD_CHALLENGE && awsErrorName(error) === 'NotAuthorizedException';
}
