import { omitUndefined } from '../../../../protocol/fields.ts';
import { UserError } from '../../../errors.ts';
import { qrCode } from '../../../qr-code.ts';
import type { StyledLine } from '../../../ui/shown.ts';
import { factorTitle, readFactors } from '../../second-factors.ts';
import type { Challenge } from '../../user-pool.ts';
import type { ChallengeHandler, SignInContext } from './challenge.ts';
import { canRetry } from './second-factor.ts';

const APP = 'SOFTWARE_TOKEN_MFA';

function checkOffered({ parameters }: Challenge): void {
  const offered = readFactors(parameters.MFAS_CAN_SETUP);
  if (offered.includes(APP)) return;
  throw new UserError(
    'challenge_unsupported',
    `The user pool requires the set-up of a second factor (${offered.map(factorTitle).join(', ') || 'none named'}), but not an authenticator app.`,
    {
      hint: 'The operator adds a telephone number or an e-mail address to the user, or allows authenticator apps in the user pool.',
    },
  );
}

/** Asks for the app's first code until it is right. Returns the session that ends the set-up. */
async function proveApp(attempt: SignInContext, session: string | undefined): Promise<string | undefined> {
  for (;;) {
    try {
      return await attempt.pool.verifyApp(session, await attempt.answers.code('Code that the app shows'));
    } catch (error) {
      if (!(error instanceof Error) || !canRetry(error, attempt)) throw error;
    }
  }
}

/** Sets up an authenticator app for a user without the required second factor. */
export const mfaSetup: ChallengeHandler = {
  async answer(challenge, attempt) {
    checkOffered(challenge);
    const { answers, pool, username, edgeHost } = attempt;
    const { secret, session } = await pool.associateApp(challenge.session);
    const account = { secret, username, edgeHost };
    answers.tell([
      'A second factor is needed. Add this key to an authenticator app:',
      `  ${secret.replace(/(.{4})(?=.)/g, '$1 ')}`,
      `  ${otpauthAddress(account)}`,
      'or scan it, then type the code that the app shows.',
    ]);
    await answers.show(() => accountCode(account));
    const proved = await proveApp(attempt, session);
    return { responses: {}, ...omitUndefined({ session: proved }) };
  },
  restarted(_error, { answers }) {
    answers.forgetCode();
    answers.tell('That took too long; the app needs another key.');
  },
};

/** Account data for an authenticator app. */
interface AppAccount {
  /** Base32. */
  readonly secret: string;
  readonly username: string;
  /** Name under which the app lists the account. */
  readonly edgeHost: string;
}

/** Returns the `otpauth:` address of the account: https://github.com/google/google-authenticator/wiki/Key-Uri-Format */
function otpauthAddress({ secret, username, edgeHost }: AppAccount): string {
  const label = `${encodeURIComponent(edgeHost)}:${encodeURIComponent(username)}`;
  return `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(edgeHost)}`;
}

/**
 * Returns the address as a QR code. The issuer is omitted because the label contains it. With a host and user name of 58
 * characters or fewer, the code and the prompt fit in 24 lines.
 */
function accountCode(account: AppAccount): Promise<readonly StyledLine[]> {
  return qrCode(otpauthAddress(account).replace(/&issuer=.*$/, ''));
}
