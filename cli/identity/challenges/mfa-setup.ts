import { omitUndefined } from '../../../protocol/omit-undefined.ts';
import { UserError } from '../../errors.ts';
import { factorTitle, readFactors } from '../factors.ts';
import { otpauthAddress, qrCode } from '../otpauth.ts';
import type { Challenge } from '../user-pool.ts';
import type { Attempt, ChallengeHandler } from './challenge.ts';
import { mayTypeAgain } from './codes.ts';

const APP = 'SOFTWARE_TOKEN_MFA';

function checkOffered({ parameters }: Challenge): void {
  const offered = readFactors(parameters.MFAS_CAN_SETUP);
  if (offered.includes(APP)) return;
  throw new UserError(
    'challenge_unsupported',
    `The user pool wants a second factor set up (${offered.map(factorTitle).join(', ') || 'none named'}), but not an authenticator app.`,
    {
      hint: 'The operator gives the user a telephone number or an e-mail address for that, or allows authenticator apps in the user pool.',
    },
  );
}

/** The first code of the app: another is asked for until one is right. Gives the session that ends the set-up. */
async function proveApp(attempt: Attempt, session: string | undefined): Promise<string | undefined> {
  for (;;) {
    try {
      return await attempt.pool.verifyApp(session, await attempt.answers.code('Code that the app shows'));
    } catch (error) {
      if (!(error instanceof Error) || !mayTypeAgain(error, attempt)) throw error;
    }
  }
}

/** The pool demands a second factor and the user has none: an authenticator app is set up, and shows its first code. */
export const mfaSetup: ChallengeHandler = {
  async answer(challenge, attempt) {
    checkOffered(challenge);
    const { answers, pool, username, place } = attempt;
    const { secret, session } = await pool.associateApp(challenge.session);
    const account = { secret, username, place };
    answers.tell([
      'A second factor is needed. Add this key to an authenticator app:',
      `  ${secret.replace(/(.{4})(?=.)/g, '$1 ')}`,
      `  ${otpauthAddress(account)}`,
      'or scan it, then type the code that the app shows.',
    ]);
    await answers.show(() => qrCode(account));
    const proved = await proveApp(attempt, session);
    return { responses: {}, ...omitUndefined({ session: proved }) };
  },
  restarted({ answers }) {
    answers.forgetCode();
    answers.tell('That took too long; the app needs another key.');
  },
};
