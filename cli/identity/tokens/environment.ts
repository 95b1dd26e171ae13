import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { currentDeployment, findByName } from '../../settings/deployments.ts';
import { edgeUrl } from '../../settings/edge-url.ts';
import { bareToken } from '../../text.ts';
import { givenPassword } from '../sign-in/password.ts';
import { checkedUsername } from '../sign-in/username.ts';

/** A credential that the environment gives. */
export type EnvironmentCredential =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'password'; readonly username: string; readonly password: string };

/** EDGE_UPLOAD_TOKEN, else EDGE_UPLOAD_USERNAME with EDGE_UPLOAD_PASSWORD. */
export function environmentCredential({ env }: Pick<Context, 'env'>): EnvironmentCredential | undefined {
  const { EDGE_UPLOAD_TOKEN: token, EDGE_UPLOAD_USERNAME: username, EDGE_UPLOAD_PASSWORD: password } = env;
  if (token) return { kind: 'token', token: bareToken(token) };
  if (!username || !password) return undefined;
  return {
    kind: 'password',
    username: checkedUsername(username, 'EDGE_UPLOAD_USERNAME'),
    password: givenPassword(password, 'EDGE_UPLOAD_PASSWORD'),
  };
}

/**
 * The one edge that the environment's credential is for: the edge of EDGE_UPLOAD_URL, else the deployment that the
 * command or the environment names, else the one used last. `undefined`: none, so that it is sent nowhere.
 */
async function originOfCredential(context: Context): Promise<string | undefined> {
  const { EDGE_UPLOAD_URL: url } = context.env;
  if (url) return edgeUrl(url);
  const { stackName } = context.options;
  const deployment =
    stackName === undefined ? await currentDeployment(context) : await findByName(context, stackName);
  return deployment?.url;
}

/** The environment's credential, if it is for this edge: another edge could use it in its owner's name. */
export async function credentialFor(
  context: Context,
  url: string,
): Promise<EnvironmentCredential | undefined> {
  const credential = environmentCredential(context);
  if (credential === undefined) return undefined;
  return (await originOfCredential(context)) === edgeUrl(url) ? credential : undefined;
}

/** A part of a JWT is base64url; that is all that can be judged here, for the edge verifies it. */
export function requireToken(token: string, variable: string): string {
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return token;
  const parts = token.split('.').length;
  const why = /[^\w.-]/.test(token)
    ? 'it contains characters that no token has'
    : `it has ${parts === 1 ? '1 part' : `${parts} parts`} instead of 3`;
  throw new UserError('usage', `${variable} is not an access token: ${why}.`, {
    hint: 'Set it to what edge-upload token prints, or unset it.',
  });
}
