import { claimTimestamp } from '../../../../protocol/srp.ts';
import { UserError } from '../../../errors.ts';
import type { Challenge } from '../../user-pool.ts';
import type { ChallengeHandler, SignInContext } from './challenge.ts';

function parameter({ parameters }: Challenge, name: string): string {
  const value = parameters[name];
  if (value !== undefined) return value;
  throw new UserError('sign_in_refused', `Cognito's challenge has no ${name}.`, {
    hint: 'Something between this computer and Cognito changes its responses. Try another network.',
  });
}

/** SRP: proves the password without sending it. */
export const passwordVerifier: ChallengeHandler = {
  async answer(challenge, { pool, srp, answers, now }: SignInContext) {
    const secretBlock = parameter(challenge, 'SECRET_BLOCK');
    const timestamp = claimTimestamp(now());
    const account = {
      userPoolId: pool.address.userPoolId,
      userId: parameter(challenge, 'USER_ID_FOR_SRP'),
      password: await answers.password(),
    };
    const numbers = {
      salt: parameter(challenge, 'SALT'),
      publicValue: parameter(challenge, 'SRP_B'),
      secretBlock,
    };
    try {
      return {
        responses: {
          PASSWORD_CLAIM_SECRET_BLOCK: secretBlock,
          PASSWORD_CLAIM_SIGNATURE: await srp.sign(account, numbers, timestamp),
          TIMESTAMP: timestamp,
        },
      };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new UserError('sign_in_refused', `${pool.host} violates the sign-in protocol: ${error.message}`, {
        hint: 'Something between this computer and Cognito changes its responses. Try another network.',
        cause: error,
      });
    }
  },
};
