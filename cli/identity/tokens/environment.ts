import type { Context } from '../../context.ts';
import { type Link, readLink } from '../../links/link-address.ts';
import { currentDeployment, findByName } from '../../settings/deployments.ts';
import { edgeUrl } from '../../settings/edge-url.ts';
import { bareToken } from '../../text.ts';
import { givenPassword } from '../sign-in/password.ts';
import { checkedUsername } from '../sign-in/username.ts';

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
