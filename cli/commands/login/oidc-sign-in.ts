import { omitUndefined } from '../../../protocol/fields.ts';
import type { Context } from '../../context.ts';
import { type SignInWay, signInByOidc } from '../../identity/oidc/oidc-sign-in.ts';
import type { PeopleIssuer } from '../../identity/sign-in/choose-issuer.ts';
import { acceptedAudience } from '../../identity/sign-in/confirm-issuer.ts';
import { lifetime } from '../../identity/tokens/session.ts';
import type { Deployment, KnownIssuer } from '../../settings/deployments.ts';
import type { Target } from '../../settings/target.ts';
import type { SignedIn } from './pool-sign-in.ts';

export interface OidcArgs extends SignInWay {
  /** Audience that the user accepts in addition to the edge's own address. */
  readonly audience?: string;
  /** Accepts another issuer or client than before, and tokens whose audience is the client. */
  readonly acceptIssuer?: boolean;
  /** Fills in the user name on the provider's page. */
  readonly username?: string;
}

function rememberedAs({ url, deployment }: Target, signedInAt: KnownIssuer): Deployment {
  const { alias, issuer, clientId } = signedInAt;
  const others = (deployment?.issuers ?? []).filter(
    (one) => one.alias !== alias && !(one.issuer === issuer && one.clientId === clientId),
  );
  const name = deployment?.name ?? new URL(url).host;
  return { ...deployment, name, url, issuers: [...others, signedInAt] };
}

/** Signs in at an issuer by OpenID Connect. Prints the issuer before anything is sent. */
export async function signInToIssuer(
  context: Context,
  target: Target,
  issuer: PeopleIssuer,
  { audience: given, acceptIssuer, username: hint, ...way }: OidcArgs,
): Promise<SignedIn> {
  const { url, deployment } = target;
  const { alias, clientId, clientSecretPublic, token, preset } = issuer;
  context.ui.event({
    type: 'instruction',
    text: `Signing in at ${new URL(issuer.issuer).host} (issuer ${alias}, client ${clientId}) for ${url}`,
  });
  const audience = await acceptedAudience(context, target, issuer, { given, acceptIssuer });
  const local = deployment?.local;
  const asked = context.now();
  const signIn = { url, issuer, way, ...omitUndefined({ audience, local, hint }) };
  const { expiresIn, username, ...granted } = await signInByOidc(context, signIn);
  const known = { alias, issuer: issuer.issuer, clientId, ...omitUndefined({ audience }) };
  const session = {
    kind: 'oidc',
    url,
    ...known,
    token,
    ...granted,
    username,
    signedInAs: username,
    signedInAt: asked,
    // The lifetime begins when the tokens arrive, which can take minutes.
    ...lifetime(context.now(), expiresIn),
    ...omitUndefined({ preset, clientSecretPublic }),
  } as const;
  return { deployment: rememberedAs(target, known), session };
}
