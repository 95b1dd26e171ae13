import type { Context, Result } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { factorTitle } from '../../identity/second-factors.ts';
import {
  forgetSecondFactors,
  resendInvitation,
  sendResetCode,
  signOutEverywhere,
} from '../../identity/users/access.ts';
import { readRules } from '../../identity/users/administered-pool.ts';
import { replacePassword } from '../../identity/users/create-user.ts';
import { getUser, type KnownUser } from '../../identity/users/directory.ts';
import { invitation, sentInvitation } from './invitation.ts';
import { type OperatedPool, withPool } from './pool.ts';
import type { UserArgs } from './show.ts';

export interface UserResetArgs extends UserArgs {
  /** Cognito sends what is needed by e-mail, instead of this command showing it. */
  readonly invite?: boolean;
  /** The second factors instead of the password. */
  readonly mfa?: boolean;
}

/** Gives a user who lost it a new password, or lets them set up their second factor anew. */
export async function reset(context: Context, args: UserResetArgs): Promise<Result> {
  const { username, invite = false, mfa = false } = args;
  if (mfa && invite) {
    throw new UserError('usage', '--invite is for a new password; --mfa resets the second factor alone.', {
      hint: 'Leave one of them out.',
    });
  }
  return withPool(context, args, `Resetting the user ${username}`, async (pool) => {
    const user = await getUser(pool, username);
    if (mfa) return resetFactors(pool, user);
    return invite ? sendAnew(pool, user) : replace(context, pool, user);
  });
}

async function replace(context: Context, pool: OperatedPool, { username }: KnownUser): Promise<Result> {
  const { url, userPoolId, local } = pool;
  const rules = await readRules(pool);
  const temporaryPassword = await replacePassword(pool, username, rules);
  await signOutEverywhere(pool, username);
  const made = invitation({
    url,
    username,
    temporaryPassword,
    now: context.now(),
    rules,
    ...(local && { local }),
  });
  return {
    document: { username, userPoolId, invited: false, ...made.document },
    text: [`The user ${username} has a new temporary password, and is signed out everywhere.`, ...made.lines],
  };
}

async function sendAnew(pool: OperatedPool, { username, status, attributes }: KnownUser): Promise<Result> {
  const { url, userPoolId, local } = pool;
  const { email } = attributes;
  if (email === undefined) {
    throw new UserError('usage', `The user ${username} has no e-mail address.`, {
      hint: `Leave --invite out: edge-upload user reset ${username}   shows the new password.`,
    });
  }
  const document = { username, email, userPoolId, url, invited: true };
  if (status === 'FORCE_CHANGE_PASSWORD') {
    await resendInvitation(pool, username);
    const lines = sentInvitation(url, username, local);
    return {
      document,
      text: [`Cognito sends ${username} a new temporary password, to ${email}.`, ...lines],
    };
  }
  await sendResetCode(pool, username);
  return {
    document,
    text: [
      `Cognito sends ${username} a code, to ${email}. With it they choose a new password:`,
      `  edge-upload password reset${url === undefined ? '' : ` ${url}`} --username ${username} --have-code`,
    ],
  };
}

async function resetFactors(pool: OperatedPool, user: KnownUser): Promise<Result> {
  const { username, secondFactors } = user;
  if (secondFactors.length > 0) await forgetSecondFactors(pool, user);
  const gone = secondFactors.map(factorTitle).join(', ');
  return {
    document: { username, userPoolId: pool.userPoolId, secondFactors: [...secondFactors] },
    text:
      secondFactors.length === 0
        ? `The user ${username} had no second factor.`
        : `The user ${username} signs in without a second factor now (${gone}); where the pool asks for one, it is set up anew at the next sign-in.`,
  };
}
