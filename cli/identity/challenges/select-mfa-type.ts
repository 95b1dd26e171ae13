import { UserError } from '../../errors.ts';
import { factorOf, factorWord, readFactors } from '../factors.ts';
import type { ChallengeHandler } from './challenge.ts';

/** A user with several second factors says which one. */
export const selectMfaType: ChallengeHandler = {
  async answer({ parameters }, { answers }) {
    const offered = readFactors(parameters.MFAS_CAN_CHOOSE);
    const words = offered.map(factorWord).filter((word) => word !== undefined);
    if (words.length === 0) {
      throw new UserError(
        'challenge_unsupported',
        `The user pool offers second factors that edge-upload does not know: ${offered.join(', ') || 'none'}.`,
        { hint: 'The operator takes them away from this user with: edge-upload user reset <name> --mfa' },
      );
    }
    const factor = await answers.factor(words);
    return { responses: { ANSWER: factorOf(factor) ?? factor } };
  },
};
