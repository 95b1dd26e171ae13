import { omitUndefined } from '../../../protocol/fields.ts';
import { command } from '../../command-line.ts';
import type { Context, Result } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { factorTitle } from '../../identity/second-factors.ts';
import {
  forgetSecondFactors,
  resendInvitation,
  sendResetCode,
  signOutEverywhere,
} from '../../identity/users/access.ts';
import { type PoolRules, readRules } from '../../identity/users/administered-pool.ts';
import { replacePassword } from '../../identity/users/create-user.ts';
import { getUser, type KnownUser } from '../../identity/users/directory.ts';
import { invitation, sentInvitation } from './invitation.ts';
import type { UserArgs } from './list.ts';
import { administeredFailure, changing, type OperatedPool, withPool } from './pool.ts';

export interface UserResetArgs extends UserArgs {
  /** Cognito sends the password or code by e-mail; this command does not show it. */
  readonly invite?: boolean;
  /** Resets the second factors instead of the password. */
  readonly mfa?: boolean;
}

/** Gives a user a new temporary password, or resets their second factors. */
export async function reset(context: Context, args: UserResetArgs): Promise<Result> {
  const { username, invite = false, mfa = false } = args;
  if (mfa && invite) {
    throw new UserError('usage', '--invite is not used with --mfa: it sends a new password.', {
      hint: 'Omit one of them.',
    });
  }
  return withPool(context, args, `Resetting the user ${username}`, async (pool) => {
    const user = await getUser(pool, username);
    if (mfa) return resetFactors(pool, user);
    return invite ? sendByMail(context, pool, user) : replace(context, pool, user);
  });
}

async function replace(context: Context, pool: OperatedPool, { username }: KnownUser): Promise<Result> {
  const rules = await readRules(pool);
  const temporaryPassword = await newPassword(pool, username, rules);
  const failure = await failureOf(pool, `Signing out the user ${username}`, () =>
    signOutEverywhere(pool, username),
  );
  const { document, lines, ifUnprinted } = invitation(context, pool, { username, temporaryPassword, rules });
  if (failure !== undefined) {
    const text = [
      `${failure.message} Earlier sign-ins of ${username} continue. To end them, reset the user again:`,
      command`edge-upload user reset ${username}`,
    ];
    context.ui.event({ type: 'warning', text });
  }
  const ending = failure === undefined ? ', and is signed out everywhere' : '';
  return {
    document: { username, userPoolId: pool.userPoolId, signedOut: failure === undefined, ...document },
    text: [`User ${username} has a new temporary password${ending}.`, ...lines],
    ifUnprinted,
    ...omitUndefined({ exitCode: failure?.exitCode }),
  };
}

/** Replaces the password. If there is no response, the error reports that the password may have changed. */
async function newPassword(pool: OperatedPool, username: string, rules: PoolRules): Promise<string> {
  try {
    return await replacePassword(pool, username, rules);
  } catch (error) {
    const failure = administeredFailure(error, `Resetting the user ${username}`, pool.signal);
    if (failure.code !== 'interrupted' && failure.code !== 'unreachable') throw failure;
    throw failure.withHint(
      'The password may have changed. For another one:',
      command`edge-upload user reset ${username}`,
    );
  }
}

/** Runs work. Returns its error instead of throwing it, so that the earlier steps are still reported. */
async function failureOf(
  pool: OperatedPool,
  doing: string,
  work: () => Promise<void>,
): Promise<UserError | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return administeredFailure(error, doing, pool.signal);
  }
}

async function sendByMail(context: Context, pool: OperatedPool, user: KnownUser): Promise<Result> {
  const { url, userPoolId } = pool;
  const { username, status } = user;
  const { email } = user.attributes;
  if (email === undefined) {
    throw new UserError('usage', `The user ${username} has no e-mail address.`, {
      hint: ['Show the new password here, without --invite:', command`edge-upload user reset ${username}`],
    });
  }
  const document = { username, email, userPoolId, url, invited: true };
  if (status === 'FORCE_CHANGE_PASSWORD') {
    await changing(pool, username, () => resendInvitation(pool, username));
    return {
      document,
      text: [
        `Cognito sends a new temporary password for ${username} to ${email}.`,
        ...sentInvitation(context, pool, username),
      ],
    };
  }
  await changing(pool, username, () => sendResetCode(pool, username));
  return {
    document,
    text: [
      `Cognito sends a code for ${username} to ${email}. With it they choose a new password:`,
      command`edge-upload password reset ${url === undefined ? [] : [url]} --username ${username} --have-code`,
    ],
  };
}

async function resetFactors(pool: OperatedPool, user: KnownUser): Promise<Result> {
  const { username, secondFactors } = user;
  if (secondFactors.length > 0) await changing(pool, username, () => forgetSecondFactors(pool, user));
  const removed = secondFactors.map(factorTitle).join(', ');
  return {
    document: { username, userPoolId: pool.userPoolId, secondFactors: [...secondFactors] },
    text:
      secondFactors.length === 0
        ? `User ${username} had no second factor.`
        : [
            `Removed the second factor of ${username}: ${removed}.`,
            'If the user pool requires one, the next sign-in sets it up again.',
          ],
  };
}
