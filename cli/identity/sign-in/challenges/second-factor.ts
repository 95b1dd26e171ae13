import { command } from '../../../command-line.ts';
import { UserError } from '../../../errors.ts';
import { awsErrorName, wordsOf } from '../../cognito-errors.ts';
import { factorOf, factorWord, readFactors } from '../../second-factors.ts';
import type { Challenge } from '../../user-pool.ts';
import type { ChallengeHandler, SignInContext } from './challenge.ts';

/** Errors after which another code can be tried: wrong, expired or already used. */
const REFUSED = new Set(['CodeMismatchException', 'ExpiredCodeException', 'EnableSoftwareTokenMFAException']);

/** Returns true if the code was refused and another can be entered; records the reason. */
export function canRetry(error: Error, { answers }: Pick<SignInContext, 'answers'>): boolean {
  return REFUSED.has(awsErrorName(error) ?? '') && answers.rejectCode(`${wordsOf(error)}.`);
}

/** Code of an authenticator app. A typed code is still valid if the sign-in restarts. */
export const softwareToken: ChallengeHandler = {
  async answer(_challenge, { answers }) {
    return { responses: { SOFTWARE_TOKEN_MFA_CODE: await answers.code('Code of the authenticator app') } };
  },
  mayAnswerAgain: canRetry,
};

function destination({ parameters }: Challenge): string {
  const { CODE_DELIVERY_DESTINATION: to, CODE_DELIVERY_DELIVERY_MEDIUM: medium } = parameters;
  return to ?? (medium === 'SMS' ? 'the telephone' : 'the e-mail address');
}

/** Returns the handler for a code that Cognito sent by message. */
function messageCode(response: string): ChallengeHandler {
  return {
    async answer(challenge, { answers }) {
      const code = await answers.code(`Code sent to ${destination(challenge)}`);
      return { responses: { [response]: code } };
    },
    mayAnswerAgain: canRetry,
    restarted(_error, { answers }) {
      answers.forgetCode();
      answers.tell('That took too long; another code is on its way.');
    },
  };
}

export const smsMfa = messageCode('SMS_MFA_CODE');
export const emailOtp = messageCode('EMAIL_OTP_CODE');

/** Chooses one of several second factors. */
export const selectMfaType: ChallengeHandler = {
  async answer({ parameters }, { answers }) {
    const offered = readFactors(parameters.MFAS_CAN_CHOOSE);
    const words = offered.map(factorWord).filter((word) => word !== undefined);
    if (words.length === 0) {
      throw new UserError(
        'challenge_unsupported',
        `The user pool offers second factors that edge-upload does not know: ${offered.join(', ') || 'none'}.`,
        {
          hint: [
            'The operator removes them from this user with:',
            command`edge-upload user reset <name> --mfa`,
          ],
        },
      );
    }
    const factor = await answers.factor(words);
    return { responses: { ANSWER: factorOf(factor) ?? factor } };
  },
};
