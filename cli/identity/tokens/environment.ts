import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { currentDeployment, findByName } from '../../settings/deployments.ts';
import { edgeUrl } from '../../settings/edge-url.ts';
import { bareToken } from '../../text.ts';
import { givenPassword } from '../sign-in/password.ts';
import { checkedUsername } from '../sign-in/username.ts';

/** Credential from environment variables. */
export type EnvironmentCredential =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'password'; readonly username: string; readonly password: string };

/** Reads EDGE_UPLOAD_TOKEN, otherwise EDGE_UPLOAD_USERNAME with EDGE_UPLOAD_PASSWORD. */
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
  return (await originOfCredential(context)) === edgeUrl(url) ? credential : undefined;
}

/** Checks that the parts of a JWT are base64url. The edge verifies the rest. */
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
