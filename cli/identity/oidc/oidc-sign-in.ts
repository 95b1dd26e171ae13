import { omitUndefined } from '../../../protocol/fields.ts';
import type { Context } from '../../context.ts';
import type { LocalCloud } from '../../settings/deployments.ts';
import type { DescribedIssuer } from '../edge-description.ts';
import { signInByBrowser, signInByPaste } from './code-sign-in.ts';
import { hasDeviceGrant, signInByDevice } from './device-sign-in.ts';
import { type GrantedTokens, readGranted } from './granted-tokens.ts';
import { reasonForNoBrowser } from './open-browser.ts';
import { openProvider, type Provider } from './provider.ts';

/** The requested way to sign in. */
export interface SignInWay {
  /** By a code that is typed on another device. */
  readonly device?: boolean;
  /** True: use the browser of this computer, also in a remote session or without a display. False: paste the final address. */
  readonly browser?: boolean;
  /** Port of the redirect address, in place of the registered ones. */
  readonly callbackPort?: number;
}

export interface OidcSignIn {
  /** `https://<host>[:port]` of the edge, as the user typed it. */
  readonly url: string;
  readonly issuer: DescribedIssuer & { readonly clientId: string };
  /** Audience that the user accepted; absent for the edge's own address. */
  readonly audience?: string;
  readonly way: SignInWay;
  /** User name that the page of the provider fills in. */
  readonly hint?: string;
  readonly local?: LocalCloud;
}

/**
 * Signs in at an issuer by OpenID Connect.
 * @throws {UserError} `sign_in_refused`, `interrupted`, or an error of the network
 */
export async function signInByOidc(context: Context, signIn: OidcSignIn): Promise<GrantedTokens> {
  const { url, issuer, audience, way, local, hint } = signIn;
  const { signal, now } = context;
  const provider = await openProvider(context, issuer, { local, signal });
  try {
    const run = wayOf(context, provider, way);
    const { callbackPort } = way;
    const answer = await run(context, {
      provider,
      issuer,
      audience: audience ?? url,
      ...omitUndefined({ callbackPort, hint }),
    });
    const { clientId, token } = issuer;
    const wanted = {
      url,
      host: provider.host,
      issuer: issuer.issuer,
      clientId,
      token,
      ...omitUndefined({ audience }),
    };
    return readGranted(answer, wanted, now());
  } finally {
    await provider.close();
  }
}

/** Returns the requested way to sign in. By default: the browser, else a device code, else a pasted address. */
function wayOf(context: Context, provider: Provider, { device, browser }: SignInWay) {
  if (device) return signInByDevice;
  if (browser !== undefined) return browser ? signInByBrowser : signInByPaste;
  const reason = reasonForNoBrowser(context);
  if (reason === undefined) return signInByBrowser;
  context.ui.event({
    type: 'note',
    text: `The browser is not opened: ${reason}. To open it anyway, add --browser.`,
  });
  return hasDeviceGrant(provider) ? signInByDevice : signInByPaste;
}
