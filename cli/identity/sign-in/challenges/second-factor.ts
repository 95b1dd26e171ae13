import { UserError } from '../../../errors.ts';
import { awsErrorName, wordsOf } from '../../cognito-errors.ts';
import { factorOf, factorWord, readFactors } from '../../second-factors.ts';
import type { Challenge } from '../../user-pool.ts';
import type { Attempt, ChallengeHandler } from './challenge.ts';

/** Errors after which another code may do: wrong, too old, or taken before. */
const REFUSED = new Set(['CodeMismatchException', 'ExpiredCodeException', 'EnableSoftwareTokenMFAException']);

/** Whether an error is about the code; its reason is then taken note of, and another one can be had. */
export function mayTypeAgain(error: Error, { answers }: Pick<Attempt, 'answers'>): boolean {
  return REFUSED.has(awsErrorName(error) ?? '') && answers.rejectCode(`${wordsOf(error)}.`);
}

/** A code that changes by the minute: what was typed is still good when the sign-in begins anew. */
export const softwareToken: ChallengeHandler = {
  async answer(_challenge, { answers }) {
    return { responses: { SOFTWARE_TOKEN_MFA_CODE: await answers.code('Code of the authenticator app') } };
  },
  mayAnswerAgain: mayTypeAgain,
};

function destination({ parameters }: Challenge): string {
  const { CODE_DELIVERY_DESTINATION: to, CODE_DELIVERY_DELIVERY_MEDIUM: medium } = parameters;
  return to ?? (medium === 'SMS' ? 'the telephone' : 'the e-mail address');
}

/** A code that Cognito has just sent. */
function messageCode(response: string): ChallengeHandler {
  return {
    async answer(challenge, { answers }) {
      const code = await answers.code(`Code sent to ${destination(challenge)}`);
      return { responses: { [response]: code } };
    },
    mayAnswerAgain: mayTypeAgain,
    restarted({ answers }) {
      answers.forgetCode();
      answers.tell('That took too long; another code is on its way.');
    },
  };
}

export const smsMfa = messageCode('SMS_MFA_CODE');
export const emailOtp = messageCode('EMAIL_OTP_CODE');

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
