import type { SrpClient } from '../../../../protocol/srp.ts';
import type { Challenge, UserPool } from '../../user-pool.ts';
import type { SignInAnswers } from '../answers.ts';

/** A sign-in in progress. */
export interface SignInContext {
  readonly pool: UserPool;
  /** As typed. Challenges contain Cognito's own name for the user. */
  readonly username: string;
  /** Host of the edge, which names the account in an authenticator app. */
  readonly edgeHost: string;
  readonly srp: SrpClient;
  readonly answers: SignInAnswers;
  readonly now: () => Date;
}

interface Reply {
  /** ChallengeResponses without USERNAME, which the loop adds. */
  readonly responses: Readonly<Record<string, string>>;
  /** Session after further calls, if they replaced that of the challenge. */
  readonly session?: string;
}

/** Answers one kind of challenge. Handlers are registered in `handlers.ts`. */
export interface ChallengeHandler {
  /** @throws {UserError} `usage` if an answer is missing and there is no terminal. */
  answer(challenge: Challenge, attempt: SignInContext): Promise<Reply>;
  /** Returns true if another answer can be tried after this error, and records the reason. */
  mayAnswerAgain?(error: Error, attempt: SignInContext): boolean;
  /** Called when the session ended, which `error` reports, and the sign-in restarts. */
  restarted?(error: Error, attempt: SignInContext): void;
}
