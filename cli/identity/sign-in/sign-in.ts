import { startSrp } from '../../../protocol/srp.ts';
import { UserError } from '../../errors.ts';
import { awsErrorName, cognitoFailure, wasRepeated } from '../cognito-errors.ts';
import type { Challenge, Step, Tokens } from '../user-pool.ts';
import type { SignInContext } from './challenges/challenge.ts';
import { handlerOf } from './challenges/handlers.ts';

/** Challenge at which NotAuthorizedException means a wrong password. */
const PASSWORD_CHALLENGE = 'PASSWORD_VERIFIER';

/** Exceeds the longest sign-in: password, new password, choice, set-up and code of a factor, each restarted once. */
const MAX_CHALLENGES = 20;

export type SignIn = Omit<SignInContext, 'srp'>;

/**
 * Signs in by SRP and answers challenges until Cognito returns tokens.
 * @throws {UserError} as in cognito-errors.ts; `challenge_unsupported`; `usage` for a missing answer
 */
export async function signIn(parts: SignIn): Promise<Tokens> {
  const doing = `Signing in as ${parts.username}`;
  try {
    return await challengeLoop(parts);
  } catch (error) {
    throw cognitoFailure(error, doing, parts.pool.host);
  }
}

async function begin(parts: SignIn): Promise<{ step: Step; attempt: SignInContext }> {
  const attempt = { ...parts, srp: startSrp() };
  return { attempt, step: await parts.pool.initiate(parts.username, attempt.srp.publicValue) };
}

async function challengeLoop(parts: SignIn): Promise<Tokens> {
  let { step, attempt } = await begin(parts);
  // Restart once if the session expired during a prompt. A second refusal has another reason.
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
      handler.restarted?.(error, attempt);
      ({ step, attempt } = await begin(parts));
    }
  }
  return step.tokens;
}

function signInWithoutEnd({ name }: Challenge): UserError {
  return new UserError(
    'challenge_unsupported',
    `The sign-in was stopped: after ${MAX_CHALLENGES} answers, the user pool asks for ${name}.`,
    { hint: 'Something between this computer and Cognito changes its responses. Try another network.' },
  );
}

/** Returns Cognito's name for the user, which challenge responses require; otherwise the typed one. */
function userOf({ parameters }: Challenge, typed: string): string {
  return parameters.USER_ID_FOR_SRP ?? parameters.USERNAME ?? typed;
}

/**
 * Returns true if the session may have ended. It expires, by default after 3 minutes, and each answer to a challenge ends
 * it, even if Cognito's response was lost. After the password is proved, this error seldom has another cause.
 */
function mayHaveEnded(error: Error, { name }: Challenge): boolean {
  if (awsErrorName(error) !== 'NotAuthorizedException') return false;
  return name !== PASSWORD_CHALLENGE || wasRepeated(error);
}
