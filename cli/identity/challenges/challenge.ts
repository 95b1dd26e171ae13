import type { SignInAnswers } from '../answers.ts';
import type { SrpClient } from '../srp.ts';
import type { Challenge, UserPool } from '../user-pool.ts';

/** One sign-in under way. */
export interface Attempt {
  readonly pool: UserPool;
  /** As typed. Challenges name the user in Cognito's own way from the first one on. */
  readonly username: string;
  readonly srp: SrpClient;
  readonly answers: SignInAnswers;
  readonly now: () => Date;
}

/** How one of Cognito's challenges is answered. A further challenge is a further entry in `index.ts`. */
export interface ChallengeHandler {
  /**
   * The answers, without USERNAME, which the loop adds.
   * @throws {UserError} `usage` where an answer is missing and nobody can be asked.
   */
  answer(challenge: Challenge, attempt: Attempt): Promise<Readonly<Record<string, string>>>;
  /** Whether another answer may do, after Cognito refused one with this error; it takes note of the reason itself. */
  mayAnswerAgain?(error: Error, attempt: Attempt): boolean;
}
