import { omitUndefined } from '../../../protocol/fields.ts';
import { command } from '../../command-line.ts';
import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import type { EdgeDescription } from '../../identity/edge-description.ts';
import { type GivenAnswers, promptAnswers } from '../../identity/sign-in/answers.ts';
import { signIn } from '../../identity/sign-in/sign-in.ts';
import { knownUsername } from '../../identity/sign-in/username.ts';
import { readAccessToken } from '../../identity/tokens/access-token.ts';
import { lifetime, type StoredSession } from '../../identity/tokens/session.ts';
import { noUserPool, openUserPool, type PoolAddress } from '../../identity/user-pool.ts';
import { resumable } from '../../network/cancellation.ts';
import type { Deployment } from '../../settings/deployments.ts';
import type { Target } from '../../settings/target.ts';

/** The result of a sign-in that is stored on this computer. */
export interface SignedIn {
  readonly deployment: Deployment;
  readonly session: StoredSession;
}

export interface PoolArgs {
  readonly username?: string;
  /** Operators only: create the user first. */
  readonly create?: boolean;
  readonly email?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly profile?: string;
}

export interface Person {
  readonly username: string;
  /** If absent, the prompt appears after the edge has responded. */
  readonly password?: string;
}

/** Returns who signs in; without a terminal with the password, so that missing values are reported early. */
export async function knownUser(
  context: Context,
  { username: flag }: PoolArgs,
  given: GivenAnswers,
): Promise<Person> {
  const username = await knownUsername(context, flag);
  if (context.ui.interactive) return { username };
  return { username, password: await promptAnswers(context, given).password() };
}

/** Creates the user, who then signs in with a temporary password that is never shown. */
async function newUser(
  context: Context,
  args: PoolArgs,
  { userPoolId, local }: PoolAddress,
  given: GivenAnswers,
): Promise<Person> {
  const [{ administer }, { createForSignIn }] = await Promise.all([
    import('../user/pool.ts'),
    import('../../identity/users/create-user.ts'),
  ]);
  const { email = '', username, attributes, profile } = args;
  // Without a terminal, require the new password before creating the user.
  if (!context.ui.interactive) await promptAnswers(context, given).newPassword();
  const user = { email, ...omitUndefined({ username: username || undefined, attributes }) };
  const created = await resumable(
    'The user may exist now. Run the same command again: it continues with that user.',
    () =>
      administer(context, userPoolId, { local, profile }, 'Creating the user', (pool) =>
        createForSignIn(pool, user),
      ),
  );
  context.ui.event({
    type: 'note',
    text: `User ${created.username} created. Next is the first sign-in.`,
  });
  return { username: created.username, password: created.temporaryPassword };
}

function rememberedAs(
  { url, deployment }: Target,
  { region, userPoolId, clientId }: PoolAddress,
): Deployment {
  return { ...deployment, name: deployment?.name ?? new URL(url).host, url, region, userPoolId, clientId };
}

/** Signs in to the user pool of an edge, and changes a temporary password. */
export async function signInToPool(
  context: Context,
  target: Target,
  { region, userPoolId, clientId }: EdgeDescription,
  args: PoolArgs,
  given: GivenAnswers,
  known?: Person,
): Promise<SignedIn> {
  const { url } = target;
  if (region === undefined || userPoolId === undefined || clientId === undefined) throw noUserPool(url);
  const local = target.deployment?.local;
  const address = { url, region, userPoolId, clientId, ...omitUndefined({ local }) };
  const { username: signedInAs, password } = args.create
    ? await newUser(context, args, address, given)
    : (known ?? (await knownUser(context, args, given)));
  const answers = promptAnswers(context, { ...given, ...omitUndefined({ password }) });
  const pool = await openUserPool(context, address);
  const { now } = context;
  try {
    const asked = now();
    const edgeHost = new URL(url).host;
    const tokens = await signIn({ pool, username: signedInAs, edgeHost, answers, now });
    const { accessToken, expiresIn, refreshToken } = tokens;
    if (refreshToken === undefined) throw withoutRefreshToken();
    const { username = signedInAs } = readAccessToken(accessToken) ?? {};
    const who = { url, userPoolId, clientId, username, signedInAs, signedInAt: asked };
    const session = {
      kind: 'pool',
      ...who,
      accessToken,
      refreshToken,
      ...lifetime(asked, expiresIn),
    } as const;
    return { deployment: rememberedAs(target, address), session };
  } finally {
    pool.close();
  }
}

function withoutRefreshToken(): UserError {
  return new UserError('aws', 'Cognito returned no refresh token, so the sign-in cannot be stored.', {
    hint: [
      "The user pool's settings do not allow it. The operator fixes them with:",
      command`edge-upload deploy`,
    ],
  });
}
