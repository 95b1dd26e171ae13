import { omitUndefined } from '../../protocol/omit-undefined.ts';
import type { Context, Result } from '../context.ts';
import { isUserError, UserError } from '../errors.ts';
import { writingText } from '../identity/caller.ts';
import { discover, discoverCaller } from '../identity/discovery.ts';
import { askedAnswers, type GivenAnswers } from '../identity/sign-in/answers.ts';
import { type AnswerFlags, givenAnswers } from '../identity/sign-in/given-answers.ts';
import { signIn } from '../identity/sign-in/sign-in.ts';
import { knownUsername } from '../identity/sign-in/username.ts';
import { readAccessToken } from '../identity/tokens/access-token.ts';
import { environmentCredential, variablesOf } from '../identity/tokens/environment.ts';
import { lifetime } from '../identity/tokens/renewing-source.ts';
import { keepSession, keptText } from '../identity/tokens/token-store.ts';
import { noUserPool, openUserPool, type PoolAddress, type Tokens } from '../identity/user-pool.ts';
import { type Deployment, rememberDeployment } from '../settings/deployments.ts';
import { requireWritable } from '../settings/files.ts';
import { folders } from '../settings/folders.ts';
import { resolveTarget, type Target } from '../settings/target.ts';

export interface LoginArgs extends AnswerFlags {
  readonly url?: string;
  readonly username?: string;
  /** Operators only: create the user first. */
  readonly create?: boolean;
  readonly email?: string;
  readonly profile?: string;
}

/** Signs in to an edge, changes a temporary password, and stores the tokens and the deployment. */
export async function login(context: Context, args: LoginArgs): Promise<Result> {
  checkArgs(args);
  // Check before the prompts that the tokens can be stored.
  const { config, state } = folders(context);
  await requireWritable(config);
  await requireWritable(state);
  const target = await resolveTarget(context, args.url);
  const given = await givenAnswers(context, args);
  // Without a terminal, report missing values before sending a request.
  const known = args.create || context.ui.interactive ? undefined : await knownUser(context, args, given);
  const { region, userPoolId, clientId } = await discover(context, target);
  if (region === undefined || userPoolId === undefined || clientId === undefined)
    throw noUserPool(target.url);
  const address = {
    url: target.url,
    region,
    userPoolId,
    clientId,
    ...omitUndefined({ local: target.deployment?.local }),
  };
  const { username, password } = args.create
    ? await newUser(context, args, address, given)
    : (known ?? (await knownUser(context, args, given)));
  const answers = askedAnswers(context, { ...given, ...(password !== undefined && { password }) });
  const deployment = rememberedAs(target, address);
  const pool = await openUserPool(context, address);
  const { now } = context;
  try {
    const asked = now();
    const tokens = await signIn({ pool, username, place: new URL(target.url).host, answers, now });
    return await keep(context, { deployment, address, tokens, asked, signedInAs: username });
  } finally {
    pool.close();
  }
}

function checkArgs({ create, email, passwordStdin }: LoginArgs): void {
  if (create && !email) {
    throw new UserError('usage', '--create needs the e-mail address of the new user.', {
      hint: 'Give it with --email <address>.',
    });
  }
  if (create && email && !/^[^@\s]+@[^@\s]+$/.test(email)) {
    throw new UserError('usage', `“${email}” is not an e-mail address.`, {
      hint: 'Give it with --email <address>.',
    });
  }
  if (!create && email) {
    throw new UserError('usage', '--email is used with --create only.', {
      hint: 'Add --create, or omit --email.',
    });
  }
  if (create && passwordStdin) {
    throw new UserError(
      'usage',
      'With --create the first password is generated; --password-stdin is not used with it.',
      {
        hint: "Give the user's own password with --new-password-stdin or EDGE_UPLOAD_NEW_PASSWORD.",
      },
    );
  }
}

interface Person {
  readonly username: string;
  /** If absent, the prompt follows the answer of the edge. */
  readonly password?: string;
}

async function knownUser(context: Context, args: LoginArgs, given: GivenAnswers): Promise<Person> {
  const username = await knownUsername(context, args.username);
  if (context.ui.interactive) return { username };
  return { username, password: await askedAnswers(context, given).password() };
}

/** Creates the user, who then signs in with a temporary password that is never shown. */
async function newUser(
  context: Context,
  args: LoginArgs,
  { userPoolId, local }: PoolAddress,
  given: GivenAnswers,
): Promise<Person> {
  const [{ administer }, { createForSignIn }] = await Promise.all([
    import('./user/pool.ts'),
    import('../identity/users/create-user.ts'),
  ]);
  const { email = '', username, attributes, profile } = args;
  // Without a terminal, require the new password before creating the user.
  if (!context.ui.interactive) await askedAnswers(context, given).newPassword();
  const user = { email, ...omitUndefined({ username: username || undefined, attributes }) };
  const choice = { local, profile };
  const created = await administer(context, userPoolId, choice, 'Creating the user', (pool) =>
    createForSignIn(pool, user),
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

interface SignedIn {
  readonly deployment: Deployment;
  readonly address: PoolAddress;
  readonly tokens: Tokens;
  /** When the tokens were requested. */
  readonly asked: Date;
  readonly signedInAs: string;
}

async function keep(
  context: Context,
  { deployment, address, tokens, asked, signedInAs }: SignedIn,
): Promise<Result> {
  const { accessToken, expiresIn, refreshToken } = tokens;
  const { name, url } = deployment;
  const { userPoolId, clientId } = address;
  if (refreshToken === undefined) {
    throw new UserError('aws', 'Cognito returned no refresh token, so the sign-in cannot be stored.', {
      hint: "The user pool's settings do not allow it. The operator fixes them with: edge-upload deploy",
    });
  }
  const { username = signedInAs, groups = [] } = readAccessToken(accessToken) ?? {};
  const life = lifetime(asked, expiresIn);
  const kept = await keepSession(context, {
    url,
    userPoolId,
    clientId,
    username,
    signedInAs,
    signedInAt: asked,
    accessToken,
    refreshToken,
    ...life,
  });
  await rememberDeployment(context, deployment);
  const allowed = await allowance(context, url, deployment, accessToken);
  const given = environmentCredential(context);
  if (given !== undefined && given.kind !== 'password') {
    context.ui.event({
      type: 'warning',
      text: `${variablesOf(given)} is set, and is used instead of this sign-in.`,
    });
  }
  return {
    document: {
      username,
      groups: [...groups],
      deployment: name,
      url,
      tokens: kept.file,
      encrypted: kept.key !== undefined,
      writeTo: allowed && [...allowed.caller.writeTo],
      maxSize: allowed?.description.policy.maxSize,
      ...omitUndefined({ omitted: allowed?.caller.omitted && { ...allowed.caller.omitted } }),
      expiresAt: life.expiresAt.toISOString(),
    },
    text: [
      `Signed in to ${url} as ${username}.`,
      ...(allowed === undefined
        ? []
        : [`Allowed: ${writingText(allowed.description.policy, allowed.caller)}.`]),
      `The tokens are ${keptText(kept)}.`,
      ...nextStep(username, allowed?.caller.writeTo),
    ],
  };
}

/** Returns what the user has permission to write. A failure does not affect the sign-in. */
async function allowance(context: Context, url: string, deployment: Deployment, token: string) {
  try {
    return await discoverCaller(context, { url, deployment, token, again: true });
  } catch (error) {
    if (!isUserError(error) || error.code === 'interrupted') throw error;
    context.ui.event({ type: error.code === 'token_refused' ? 'warning' : 'debug', text: error.message });
    return undefined;
  }
}

/** Command for a first upload. `put` adds a required prefix itself. */
function nextStep(username: string, prefixes: readonly string[] = ['']): readonly string[] {
  const [first, ...others] = prefixes;
  if (first === undefined) {
    return [
      'Ask the operator for a group that is allowed to upload:',
      `  edge-upload user groups ${username} --add <group>`,
    ];
  }
  const prefix = others.length > 0 ? ` --prefix ${first}` : '';
  return [`Upload a file with: edge-upload put <file>${prefix}`];
}
