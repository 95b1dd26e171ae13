import { omitUndefined } from '../../protocol/fields.ts';
import { command, type HintLine } from '../command-line.ts';
import type { Context, Result } from '../context.ts';
import { isUserError, UserError } from '../errors.ts';
import { writingText } from '../identity/caller.ts';
import { discover, discoverCaller } from '../identity/discovery.ts';
import { chooseIssuer, type PeopleIssuer } from '../identity/sign-in/choose-issuer.ts';
import { confirmIssuer } from '../identity/sign-in/confirm-issuer.ts';
import { type AnswerFlags, givenAnswers } from '../identity/sign-in/given-answers.ts';
import { readAccessToken } from '../identity/tokens/access-token.ts';
import { protectionOf } from '../identity/tokens/seal.ts';
import type { StoredSession } from '../identity/tokens/session.ts';
import { environmentCredential, variablesOf } from '../identity/tokens/token-source.ts';
import { storeSession } from '../identity/tokens/token-store.ts';
import { type Deployment, listDeployments, rememberDeployment } from '../settings/deployments.ts';
import { requireFolder } from '../settings/folders.ts';
import { requireWritable } from '../settings/require-writable.ts';
import { resolveTarget, useTarget } from '../settings/target.ts';
import { formatDuration } from '../ui/format.ts';
import type { OidcArgs } from './login/oidc-sign-in.ts';
import { knownUser, type PoolArgs, type SignedIn, signInToPool } from './login/pool-sign-in.ts';

export interface LoginArgs extends AnswerFlags, PoolArgs, OidcArgs {
  readonly url?: string;
  /** Alias of the issuer to sign in at. */
  readonly issuer?: string;
}

/** Signs in to an edge at one of its issuers, and stores the tokens and the deployment. */
export async function login(context: Context, args: LoginArgs): Promise<Result> {
  checkArgs(args);
  // Check before the prompts that the tokens can be stored.
  for (const kind of ['config', 'state'] as const) await requireWritable(requireFolder(context, kind));
  // The saved issuers of an edge are needed to detect a changed one, so an unreadable list is an error here.
  await listDeployments(context);
  const target = await resolveTarget(context, args.url);
  const given = await givenAnswers(context, args);
  const isOfPool = args.issuer === undefined && isForPool(context, args);
  // Without a terminal, report missing values before sending a request.
  const isEarly = isOfPool && !args.create && !context.ui.interactive;
  const known = isEarly ? await knownUser(context, args, given) : undefined;
  const edge = await discover(context, target);
  const alias = args.issuer;
  const { issuer, isNamed } = await chooseIssuer(context, target.url, edge.issuers, {
    isOfPool,
    ...omitUndefined({ alias }),
  });
  checkFlags(args, issuer);
  await confirmIssuer(context, target, issuer, { accepted: args.acceptIssuer ?? false, isNamed });
  if (issuer.kind === 'pool') {
    return keep(context, await signInToPool(context, target, edge, args, given, known));
  }
  const { signInToIssuer } = await import('./login/oidc-sign-in.ts');
  const { username, audience, acceptIssuer, device, browser, callbackPort } = args;
  const way = omitUndefined({ username, audience, acceptIssuer, device, browser, callbackPort });
  return keep(context, await signInToIssuer(context, target, issuer, way));
}

/** Returns true if flags or the environment contain answers that only the user pool asks for. */
function isForPool({ env }: Context, { create, username, passwordStdin }: LoginArgs): boolean {
  return Boolean(create || username || passwordStdin || env.EDGE_UPLOAD_USERNAME || env.EDGE_UPLOAD_PASSWORD);
}

const POOL_FLAGS = {
  create: '--create',
  passwordStdin: '--password-stdin',
  newPasswordStdin: '--new-password-stdin',
  codeStdin: '--code-stdin',
  factor: '--mfa',
  attributes: '--attribute',
} as const;

const OIDC_FLAGS = {
  device: '--device',
  browser: '--browser and --no-browser',
  callbackPort: '--callback-port',
  audience: '--audience',
} as const;

/** @throws {UserError} `usage` for a flag of another kind of sign-in */
function checkFlags(args: LoginArgs, { alias, kind, issuer }: PeopleIssuer): void {
  const flags = Object.entries(kind === 'pool' ? OIDC_FLAGS : POOL_FLAGS);
  const [, flag] = flags.find(([name]) => args[name as keyof LoginArgs] !== undefined) ?? [];
  if (flag === undefined) return;
  const why =
    kind === 'pool'
      ? 'signs users in with a user name and a password'
      : `signs users in at ${new URL(issuer).host}`;
  throw new UserError('usage', `${flag} is not used with the issuer ${alias}, which ${why}.`, {
    hint: `Omit ${flag}, or choose another issuer with --issuer.`,
  });
}

function checkArgs({ create, email, passwordStdin, device, browser }: LoginArgs): void {
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
  if (device && browser !== undefined) {
    throw new UserError('usage', '--device is not used with --browser or --no-browser.', {
      hint: 'Give one of them.',
    });
  }
}

async function keep(context: Context, { deployment, session }: SignedIn): Promise<Result> {
  const { url, username, accessToken, expiresAt } = session;
  const stored = await storeSession(context, session);
  await rememberDeployment(context, deployment);
  await useTarget(context, { url, deployment });
  const { allowed, refusal } = await allowance(context, url, deployment, accessToken);
  const given = environmentCredential(context);
  if (given !== undefined && given.kind !== 'password') {
    context.ui.event({
      type: 'warning',
      text: `${variablesOf(given)} is set, and is used instead of this sign-in.`,
    });
  }
  const groups = allowed?.caller.groups ?? readAccessToken(accessToken)?.groups ?? [];
  return {
    document: {
      username,
      groups: [...groups],
      ...(session.kind === 'oidc' && { issuer: session.alias, signedInAt: session.issuer }),
      deployment: deployment.name,
      url,
      tokens: stored.file,
      encrypted: stored.key !== undefined,
      writeTo: allowed && [...allowed.caller.writeTo],
      maxSize: allowed?.caller.maxSize ?? allowed?.description.policy.maxSize,
      ...omitUndefined({ omitted: allowed?.caller.omitted && { ...allowed.caller.omitted } }),
      expiresAt: expiresAt.toISOString(),
    },
    text: [
      `Signed in to ${url} as ${username}${session.kind === 'oidc' ? ` (${session.alias})` : ''}.`,
      ...(allowed === undefined || allowed.caller.username === username
        ? []
        : [`The edge's name for this user is ${allowed.caller.username}.`]),
      ...(allowed === undefined
        ? []
        : [`Allowed: ${writingText(allowed.description.policy, allowed.caller)}.`]),
      `The tokens are in a file, ${protectionOf(stored)}:`,
      `  ${stored.file}`,
      ...lastingText(session, context.now()),
      ...(refusal === undefined ? nextStep(session, allowed?.caller.writeTo) : stepAfter(refusal)),
    ],
  };
}

/** Returns how long a sign-in without a refresh token lasts. */
function lastingText(session: StoredSession, now: Date): readonly string[] {
  if (session.refreshToken !== undefined) return [];
  const time = formatDuration(Math.max(0, session.expiresAt.getTime() - now.getTime()));
  return [`The sign-in lasts for ${time}: the issuer issued no refresh token.`];
}

/** The user's permissions, or why the edge refused the new token; neither if it did not respond. */
interface Allowance {
  readonly allowed?: Awaited<ReturnType<typeof discoverCaller>>;
  readonly refusal?: UserError;
}

/** Asks the edge about a new token. A failure does not affect the sign-in. */
async function allowance(
  context: Context,
  url: string,
  deployment: Deployment,
  token: string,
): Promise<Allowance> {
  try {
    return { allowed: await discoverCaller(context, { url, deployment, token }) };
  } catch (error) {
    if (!isUserError(error) || error.code === 'interrupted') throw error;
    const isRefused = error.code === 'token_refused' || error.code === 'forbidden';
    context.ui.event({ type: isRefused ? 'warning' : 'debug', text: error.message });
    return isRefused ? { refusal: error } : {};
  }
}

/** Returns what to do about a new token that the edge refuses. Signing in again would not help. */
function stepAfter({ code, hintLines }: UserError): readonly HintLine[] {
  if (code === 'forbidden') return hintLines;
  return [
    'This sign-in cannot upload. Ask the operator of the edge, who can check the token with:',
    command`edge-upload trust check`,
  ];
}

/** Command for a first upload. `put` adds a required prefix itself. */
function nextStep(session: StoredSession, prefixes: readonly string[] = ['']): readonly HintLine[] {
  const [first, ...others] = prefixes;
  if (first === undefined && session.kind === 'oidc') {
    return [
      'Ask the operator for a rule that allows you to upload:',
      command`edge-upload trust show ${session.alias}`,
    ];
  }
  if (first === undefined) {
    return [
      'Ask the operator for a group that is allowed to upload:',
      command`edge-upload user groups ${session.username} --add <group>`,
    ];
  }
  return [
    'Upload a file with:',
    command`edge-upload put <file> ${others.length > 0 ? ['--prefix', first] : []}`,
  ];
}
