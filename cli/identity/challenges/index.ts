import { UserError } from '../../errors.ts';
import type { ChallengeHandler } from './challenge.ts';
import { newPasswordRequired } from './new-password.ts';
import { passwordVerifier } from './password-verifier.ts';

/** Every challenge that this tool answers, by Cognito's name. */
const HANDLERS: ReadonlyMap<string, ChallengeHandler> = new Map([
  ['PASSWORD_VERIFIER', passwordVerifier],
  ['NEW_PASSWORD_REQUIRED', newPasswordRequired],
]);

/** @throws {UserError} `challenge_unsupported`, with what the operator can change. */
export function handlerOf(name: string): ChallengeHandler {
  const handler = HANDLERS.get(name);
  if (handler !== undefined) return handler;
  throw new UserError(
    'challenge_unsupported',
    `The user pool asks for ${name}, which edge-upload cannot answer.`,
    {
      hint: 'The operator can take that step out of the user pool, or out of this user.',
    },
  );
}
