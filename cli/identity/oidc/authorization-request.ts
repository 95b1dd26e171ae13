import { table } from '../../../protocol/fields.ts';
import { EXACT_PORTS, MANAGED_LOGIN } from '../../../protocol/sign-in.ts';
import { presetOf, type Redirect } from '../../trust/presets.ts';
import type { DescribedIssuer } from '../edge-description.ts';

/** The settings of an issuer that decide about its authorization requests. */
export type RequestedIssuer = Pick<DescribedIssuer, 'scopes' | 'token' | 'preset'>;

const OFFLINE = 'offline_access';

/**
 * Parameters that name the audience, by preset. Entra refuses `resource`; other providers, Cognito's managed login among
 * them, have the audience in their settings.
 */
const AUDIENCE_PARAMETERS = table<readonly string[]>({
  auth0: ['audience'],
  // https://www.rfc-editor.org/rfc/rfc8707
  oidc: ['resource'],
});

/** Returns the redirect addresses that are registered at the provider. */
export function redirectOf(issuer: RequestedIssuer, port?: number): Redirect {
  const { host, ports } =
    issuer.preset === MANAGED_LOGIN.preset
      ? MANAGED_LOGIN
      : (presetOf(issuer)?.redirect ?? { host: '127.0.0.1', ports: EXACT_PORTS });
  return { host, ports: port === undefined ? ports : [port] };
}

/** Returns the parameters that name the audience of an access token; a refresh repeats them. */
export function audienceParameters(
  { token, preset }: Pick<RequestedIssuer, 'token' | 'preset'>,
  audience: string,
): Record<string, string> {
  if (token === 'id') return {};
  const names = AUDIENCE_PARAMETERS[preset ?? ''] ?? [];
  return Object.fromEntries(names.map((name) => [name, audience]));
}

/** Returns the scopes to request. */
export function scopeOf({ scopes = [] }: RequestedIssuer): string {
  return [...new Set(['openid', ...scopes])].join(' ');
}

/** Returns parameters without which some providers give no refresh token. */
export function offlineParameters({ scopes = [], preset }: RequestedIssuer): Record<string, string> {
  // https://developers.google.com/identity/protocols/oauth2/native-app
  if (preset === 'google') return { access_type: 'offline', prompt: 'consent' };
  // https://openid.net/specs/openid-connect-core-1_0.html#OfflineAccess
  return preset === 'oidc' && scopes.includes(OFFLINE) ? { prompt: 'consent' } : {};
}
