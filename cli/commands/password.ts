import { command } from '../command-line.ts';
import type { Context, Result } from '../context.ts';
import { UserError } from '../errors.ts';
import { awsErrorName, wasRepeated, wordsOf } from '../identity/cognito-errors.ts';
import { promptAnswers, type SignInAnswers } from '../identity/sign-in/answers.ts';
import { isPasswordRejected } from '../identity/sign-in/challenges/new-password.ts';
import { canRetry } from '../identity/sign-in/challenges/second-factor.ts';
import { type AnswerFlags, givenAnswers } from '../identity/sign-in/given-answers.ts';
import { knownUsername, loginCommand } from '../identity/sign-in/username.ts';
import { readAccessToken } from '../identity/tokens/access-token.ts';
import { findStoredSession } from '../identity/tokens/find-session.ts';
import { type CommandTokens, tokenSource } from '../identity/tokens/token-source.ts';
import { poolAddressOf, withUserPool } from '../identity/user-pool.ts';
import { resolveTarget, type Target } from '../settings/target.ts';

/** Errors of a repeated request that Cognito has already carried out: the password has changed, or the code is used. */
const SECOND_TIME = new Set(['NotAuthorizedException', 'CodeMismatchException', 'ExpiredCodeException']);

/** @throws {UserError} `gave_up` if the first request, whose response was lost, may have changed the password */
function checkUnanswered(error: Error, url: string, username: string): void {
  if (!wasRepeated(error) || !SECOND_TIME.has(awsErrorName(error) ?? '')) return;
  throw new UserError(
    'gave_up',
    `Cognito did not respond to the first request, which may have changed the password of ${username}. It refused the second: ${wordsOf(error)}.`,
    {
      hint: ['Try the new password, then the old one:', loginCommand(url, '--username', username)],
      cause: error,
    },
  );
}

/** Repeats work until the pool accepts the new password. Gives up if no other password can be asked for. */
async function untilAccepted(
  {
    answers,
    url,
    username,
  }: { readonly answers: SignInAnswers; readonly url: string; readonly username: string },
  work: () => Promise<void>,
  mayTryAgain: (error: Error) => boolean = () => false,
): Promise<void> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      checkUnanswered(error, url, username);
      const again = isPasswordRejected(error)
        ? answers.rejectNewPassword(`${wordsOf(error)}.`)
        : mayTryAgain(error);
      if (!again) throw error;
    }
  }
}

/** Passwords of users that signed in at another issuer are changed there. */
async function requirePoolUser(context: Context, target: Target, tokens: CommandTokens): Promise<void> {
  if ((await tokens.origin()).kind !== 'kept') return;
  const found = await findStoredSession(context, target);
  if (found?.session.kind !== 'oidc') return;
  const { username, issuer } = found.session;
  const { host } = new URL(issuer);
  throw new UserError('usage', `${username} has no password at this deployment.`, {
    hint: `Change the password at the identity provider: ${host}`,
  });
}

/** Changes the password of the signed-in user. */
export async function change(context: Context, args: AnswerFlags): Promise<Result> {
  const target = await resolveTarget(context);
  const tokens = tokenSource(context, target);
  await requirePoolUser(context, target, tokens);
  // Without a pool, nothing is asked.
  const address = await poolAddressOf(context, target);
  const answers = promptAnswers(context, await givenAnswers(context, args), 'Current password');
  if (!context.ui.interactive) await given(answers);
  const token = await tokens.current();
  const { username = '' } = readAccessToken(token) ?? {};
  return withUserPool(context, address, `Changing the password of ${username}`, async (pool) => {
    await untilAccepted({ answers, url: target.url, username }, async () => {
      const [old, changed] = [await answers.password(), await answers.newPassword()];
      // The token may have expired while the user typed.
      await pool.changePassword(await tokens.current(), { old, new: changed });
    });
    return {
      document: { username, url: target.url, changed: true },
      text: [
        `The password of ${username} is changed. Sign-ins on other computers stay valid. To end them:`,
        command`edge-upload logout --everywhere`,
      ],
    };
  });
}

/** Without a terminal, reports missing answers before sending a request. */
async function given(answers: SignInAnswers): Promise<void> {
  await answers.password();
  await answers.newPassword();
}

export interface ResetArgs extends AnswerFlags {
  readonly url?: string;
  readonly username?: string;
  /** True if a code was already sent, such as by the operator's `user reset --invite`. */
  readonly haveCode?: boolean;
}

const NAME_EDGE = ['Name the address that you were given:', command`edge-upload password reset <url>`];

/** Resets a forgotten password with a code that Cognito sends. */
export async function reset(context: Context, args: ResetArgs): Promise<Result> {
  const { ui } = context;
  const target = await resolveTarget(context, args.url, NAME_EDGE);
  const address = await poolAddressOf(context, target);
  const username = await knownUsername(context, args.username);
  const answers = promptAnswers(context, await givenAnswers(context, args));
  if (!ui.interactive) {
    await answers.newPassword();
    // Require the flag before Cognito sends a code.
    if (!args.codeStdin) await answers.code('The code');
  }
  return withUserPool(context, address, `Resetting the password of ${username}`, async (pool) => {
    const from = args.haveCode ? 'Code' : `Code sent to ${await pool.sendResetCode(username)}`;
    await untilAccepted(
      { answers, url: target.url, username },
      async () => {
        const code = await answers.code(from);
        await pool.resetPassword(username, { code, password: await answers.newPassword() });
      },
      (error) => canRetry(error, { answers }),
    );
    return {
      document: { username, url: target.url, reset: true },
      text: [
        `The password of ${username} is set. Sign in with:`,
        loginCommand(target.url, '--username', username),
      ],
    };
  });
}
