import type { JsonObject } from '../../json.ts';
import type { Challenge } from '../challenges/challenge.ts';
import { emailOtp, smsMfa } from '../challenges/message-code.ts';
import { newPasswordRequired } from '../challenges/new-password.ts';
import { passwordVerifier } from '../challenges/password-verifier.ts';
import { selectMfaType } from '../challenges/second-factor.ts';
import { mfaSetup, softwareTokenMfa } from '../challenges/software-token.ts';
import { invalidParameter, notEmbedded } from '../errors.ts';
import { proceed } from './proceed.ts';
import type { Parameters, SignInAttempt } from './sign-in-attempt.ts';

const CHALLENGES: readonly Challenge[] = [
  passwordVerifier,
  newPasswordRequired,
  softwareTokenMfa,
  smsMfa,
  emailOtp,
  selectMfaType,
  mfaSetup,
];

interface Response {
  readonly name: string;
  readonly session: string | undefined;
  readonly responses: Parameters;
}

/** Checks the response to a challenge. Returns the next challenge, or the tokens. */
export function respond(attempt: SignInAttempt, { name, session, responses }: Response): JsonObject {
  const challenge = CHALLENGES.find((one) => one.name === name);
  if (!challenge) throw notEmbedded(`the challenge ${name}`);
  if (responses.DEVICE_KEY !== undefined) throw notEmbedded('DEVICE_KEY');
  const token = challenge.sessionOf?.(responses) ?? session;
  if (token === undefined) throw invalidParameter('Missing required parameter Session');
  const { sessions } = attempt.pool;
  const state = sessions.peek(token, { challenge: name, clientId: attempt.client.id });
  const user = challenge.judge(attempt, { responses, state, token });
  sessions.spend(token);
  return challenge.next?.(attempt, user, responses) ?? proceed(attempt, user, challenge.proves);
}
