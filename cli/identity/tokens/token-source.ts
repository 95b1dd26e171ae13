import type { Context } from '../../context.ts';
import { type Link, readLink } from '../../links/link-address.ts';
import { currentDeployment, findByName } from '../../settings/deployments.ts';
import { edgeUrl } from '../../settings/edge-url.ts';
import type { Target } from '../../settings/target.ts';
import { bareToken } from '../../text.ts';
import { givenPassword } from '../sign-in/password.ts';
import { checkedUsername } from '../sign-in/username.ts';
import { expiryOf, type TokenSource } from './access-token.ts';
import type { FoundWorkload, JobService } from './ci/find-workload.ts';
import { findSessionOrWarn } from './find-session.ts';
import { isUsable, renewingSource, type StoredSession } from './session.ts';
import { type FoundSession, notSignedIn, readStoredFile } from './token-store.ts';

/** Credential from environment variables. */
export type EnvironmentCredential =
  | ({ readonly kind: 'link' } & Link)
  | { readonly kind: 'token'; readonly token: string }
  /** `path` is as typed: below the current folder, if it is relative. */
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'password'; readonly username: string; readonly password: string };

/**
 * Reads EDGE_UPLOAD_LINK, then EDGE_UPLOAD_TOKEN, EDGE_UPLOAD_TOKEN_FILE, and EDGE_UPLOAD_USERNAME with
 * EDGE_UPLOAD_PASSWORD.
 */
export function environmentCredential({ env }: Pick<Context, 'env'>): EnvironmentCredential | undefined {
  if (env.EDGE_UPLOAD_LINK) return { kind: 'link', ...readLink(env.EDGE_UPLOAD_LINK, 'EDGE_UPLOAD_LINK') };
  const { EDGE_UPLOAD_TOKEN: token, EDGE_UPLOAD_TOKEN_FILE: path } = env;
  const { EDGE_UPLOAD_USERNAME: username, EDGE_UPLOAD_PASSWORD: password } = env;
  if (token) return { kind: 'token', token: bareToken(token) };
  if (path) return { kind: 'file', path };
  if (!username || !password) return undefined;
  return {
    kind: 'password',
    username: checkedUsername(username, 'EDGE_UPLOAD_USERNAME'),
    password: givenPassword(password, 'EDGE_UPLOAD_PASSWORD'),
  };
}

const VARIABLES = {
  link: 'EDGE_UPLOAD_LINK',
  token: 'EDGE_UPLOAD_TOKEN',
  file: 'EDGE_UPLOAD_TOKEN_FILE',
  password: 'EDGE_UPLOAD_USERNAME and EDGE_UPLOAD_PASSWORD',
} as const satisfies Record<EnvironmentCredential['kind'], string>;

/** Returns the variables of a credential, as they stand in a sentence. */
export function variablesOf({ kind }: EnvironmentCredential): string {
  return VARIABLES[kind];
}

/**
 * Returns the only edge that the environment's credential is sent to: that of EDGE_UPLOAD_URL, otherwise of the
 * deployment that the command or the environment names, otherwise of the current deployment. `undefined` if none.
 */
async function originOfCredential(context: Context): Promise<string | undefined> {
  const { EDGE_UPLOAD_URL: url } = context.env;
  if (url) return edgeUrl(url);
  const { stackName } = context.options;
  const deployment =
    stackName === undefined ? await currentDeployment(context) : await findByName(context, stackName);
  return deployment?.url;
}

/** Returns the environment's credential if it is for this edge. Another edge could misuse it. */
export async function credentialFor(
  context: Context,
  url: string,
): Promise<EnvironmentCredential | undefined> {
  const credential = environmentCredential(context);
  if (credential === undefined) return undefined;
  const origin = credential.kind === 'link' ? credential.url : await originOfCredential(context);
  return origin === edgeUrl(url) ? credential : undefined;
}

/** Variables of ECS, EKS, Lambda and CodeBuild. People also have access keys and profiles, and sign in otherwise. */
const OF_AWS = [
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_LAMBDA_FUNCTION_NAME',
  'CODEBUILD_BUILD_ARN',
];

/** Cloud Run sets the first two. Compute Engine and GKE have no variable that shows them. */
const OF_GCP = ['K_SERVICE', 'CLOUD_RUN_JOB', 'GCE_METADATA_HOST'];

const isSet =
  (...names: readonly string[]) =>
  (env: Context['env']) =>
    names.some((name) => env[name]);

/** CI systems come first, because their jobs can run in a pod or on AWS. */
const JOB_SERVICES: readonly JobService[] = [
  {
    preset: 'github',
    isHere: ({ GITHUB_ACTIONS }) => GITHUB_ACTIONS === 'true',
    load: async () => (await import('./ci/github.ts')).github,
  },
  {
    preset: 'gitlab',
    isHere: ({ GITLAB_CI }) => GITLAB_CI === 'true',
    load: async () => (await import('./ci/gitlab.ts')).gitlab,
  },
  {
    preset: 'circleci',
    isHere: ({ CIRCLECI }) => CIRCLECI === 'true',
    load: async () => (await import('./ci/circleci.ts')).circleci,
  },
  {
    preset: 'buildkite',
    isHere: ({ BUILDKITE }) => BUILDKITE === 'true',
    load: async () => (await import('./ci/buildkite.ts')).buildkite,
  },
  {
    preset: 'bitbucket',
    isHere: isSet('BITBUCKET_BUILD_NUMBER'),
    load: async () => (await import('./ci/bitbucket.ts')).bitbucket,
  },
  {
    preset: 'kubernetes',
    isHere: isSet('KUBERNETES_SERVICE_HOST'),
    load: async () => (await import('./ci/kubernetes.ts')).kubernetes(),
  },
  {
    preset: 'aws',
    isHere: isSet(...OF_AWS),
    load: async () => (await import('./ci/aws.ts')).aws,
  },
  {
    preset: 'gcp',
    isHere: isSet(...OF_GCP),
    load: async () => (await import('./ci/gcp.ts')).gcp,
  },
];

/** Returns this job's own identity, if the edge trusts it; `undefined` outside of jobs, whose code is not loaded there. */
async function identityOfJob(context: Context, target: Target): Promise<FoundWorkload | undefined> {
  const { env } = context;
  if (!env.EDGE_UPLOAD_IDENTITY && !JOB_SERVICES.some(({ isHere }) => isHere(env))) return undefined;
  const { findWorkload } = await import('./ci/find-workload.ts');
  return findWorkload(context, target, JOB_SERVICES);
}

/** Origin of a command's token. */
export type TokenOrigin = EnvironmentCredential | FoundWorkload | { readonly kind: 'kept' };

/** Returns a short name of an origin for JSON and debug output: `link`, `token`, `file`, `password`, `github`, `kept` and so on. */
export function originName(origin: TokenOrigin): string {
  return origin.kind === 'workload' ? origin.workload.preset : origin.kind;
}

/** Tokens of a command, and where they are from. */
export interface CommandTokens extends TokenSource {
  origin(): Promise<TokenOrigin>;
}

interface Found {
  readonly origin: TokenOrigin;
  readonly tokens: TokenSource;
}

/**
 * Returns the access tokens for an edge: of the environment's credential, if it is for this edge; else of this job's own
 * identity, if the edge trusts it; else of the stored sign-in. The first use looks the origin up.
 */
export function tokenSource(context: Context, target: Target): CommandTokens {
  let finding: Promise<Found> | undefined;
  let found: Found | undefined;
  const find = async (): Promise<Found> => {
    const { url } = target;
    const given = (await credentialFor(context, url)) ?? (await identityOfJob(context, target));
    const origin = given ?? ({ kind: 'kept' } as const);
    context.ui.event({ type: 'debug', text: `origin of the token: ${originName(origin)}` });
    found = { origin, tokens: await open(context, target, origin) };
    return found;
  };
  const once = () => {
    finding ??= find();
    return finding;
  };
  return {
    origin: async () => (await once()).origin,
    current: async () => (await once()).tokens.current(),
    held: () => found?.tokens.held?.(),
    renew: async (rejected, reason) => (await once()).tokens.renew(rejected, reason),
    endsAt: async () => (await once()).tokens.endsAt?.(),
    explain: (error) => found?.tokens.explain?.(error) ?? error,
  };
}

/** Most commands use the stored sign-in; the code for other origins is loaded where it is needed. */
async function open(context: Context, target: Target, origin: TokenOrigin): Promise<TokenSource> {
  switch (origin.kind) {
    case 'link':
      return (await import('./given-tokens.ts')).tokenOfLink(origin.token);
    case 'token':
      return (await import('./given-tokens.ts')).givenToken(origin.token);
    case 'file':
      return (await import('./given-tokens.ts')).tokenOfFile(context, origin.path);
    case 'password':
      return (await import('./password-tokens.ts')).passwordTokens(context, target, origin);
    case 'workload':
      return (await import('./ci/workload-tokens.ts')).workloadTokens(context, target, origin);
    case 'kept':
      return storedTokens(context, target);
  }
}

/** Returns the source of the stored tokens. The first process that finds them about to expire refreshes them. */
function storedTokens(context: Context, target: Target): TokenSource {
  const { now } = context;
  /** The sign-in that `endsAt` found, for the first token: reading it asks the keyring. */
  let seen: FoundSession | undefined;
  /** File of the first sign-in found. A command that runs for long stays with its user. */
  let file: string | undefined;
  const find = async (): Promise<FoundSession | undefined> => {
    if (file !== undefined) return readStoredFile(context, file, target.url);
    const found = await findSessionOrWarn(context, target);
    file = found?.file;
    return found;
  };

  const obtain = async (rejected?: string): Promise<StoredSession> => {
    const found = seen ?? (await find());
    seen = undefined;
    if (found === undefined) throw notSignedIn(target.url);
    if (isUsable(found.session, now(), rejected)) return found.session;
    const { renewStored } = await import('./refresh-session.ts');
    return renewStored(context, target, found.file, rejected);
  };

  return {
    ...renewingSource(obtain, now),
    async endsAt() {
      seen = await find();
      if (seen === undefined || seen.session.refreshToken !== undefined) return undefined;
      return expiryOf(seen.session.accessToken);
    },
  };
}
