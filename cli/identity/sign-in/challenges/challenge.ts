import type { Challenge, UserPool } from '../../user-pool.ts';
import type { SignInAnswers } from '../answers.ts';
import type { SrpClient } from '../srp.ts';

/** One sign-in under way. */
export interface Attempt {
  readonly pool: UserPool;
  /** As typed. Challenges name the user in Cognito's own way from the first one on. */
  readonly username: string;
  /** Where one signs in, such as the edge's host: what an authenticator app lists the user under. */
  readonly place: string;
  readonly srp: SrpClient;
  readonly answers: SignInAnswers;
  readonly now: () => Date;
}

interface Reply {
  /** ChallengeResponses without USERNAME, which the loop adds. */
  readonly responses: Readonly<Record<string, string>>;
  /** Where further calls have taken the challenge's session on. */
  readonly session?: string;
}

/** How one of Cognito's challenges is answered. A further challenge is a further entry in `index.ts`. */
export interface ChallengeHandler {
  /** @throws {UserError} `usage` where an answer is missing and nobody can be asked. */
  answer(challenge: Challenge, attempt: Attempt): Promise<Reply>;
  /** Whether another answer may do, after Cognito refused one with this error; it takes note of the reason itself. */
  mayAnswerAgain?(error: Error, attempt: Attempt): boolean;
  /** Told that the session ran out and the sign-in begins anew. */
  restarted?(attempt: Attempt): void;
}
