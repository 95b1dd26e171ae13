import type { EdgeIssuer } from '../config.ts';

/* Advice on what to change at a provider, as a sentence at the end of a refusal. It contains no part of a token. */

/** For a token with `email_verified: false`. */
export const UNVERIFIED = 'The e-mail address in the token is not verified. Verify it at the provider.';

/** How to get a token that is not opaque, by preset. */
const OPAQUE = new Map([
  ['auth0', ' At Auth0, sign in with an audience: the identifier of your API.'],
  ['google', ' Access tokens of Google are opaque. Send the ID token.'],
]);

/** How to get a token for the right audience, by preset. */
const AUDIENCE = new Map([
  ['entra', ' In Entra, request a scope of your own API.'],
  ['auth0', ' At Auth0, request the identifier of your API as the audience.'],
  ['keycloak', ' In Keycloak, add an audience mapper to the client.'],
]);

/** Audiences of Microsoft Graph. Only Graph can verify its tokens. */
const GRAPH: readonly unknown[] = ['00000003-0000-0000-c000-000000000000', 'https://graph.microsoft.com'];

export function adviceOnOpaque(issuers: readonly EdgeIssuer[]): string {
  const presets = new Set(issuers.map(({ preset = '' }) => preset));
  return [...presets].map((preset) => OPAQUE.get(preset) ?? '').join('');
}

export function adviceOnAudience({ preset = '' }: EdgeIssuer, audiences: readonly unknown[]): string {
  const graph = audiences.some((one) => GRAPH.includes(one)) ? ' The token is for Microsoft Graph.' : '';
  return graph + (AUDIENCE.get(preset) ?? '');
}

const ENTRA = /^https:\/\/(?:login\.microsoftonline\.com|sts\.windows\.net)\/([\w-]+)\//;

/** Compares an unknown issuer with the trusted ones, because common mistakes differ only slightly. */
export function adviceOnIssuer(iss: unknown, issuers: readonly EdgeIssuer[]): string {
  if (typeof iss !== 'string') return '';
  const known = issuers.flatMap((issuer) => issuer.iss);
  const bare = (text: string) => text.replace(/\/$/, '');
  if (known.some((one) => bare(one) === bare(iss))) {
    return ' A trusted issuer differs only in its trailing slash. Trust the spelling of the token.';
  }
  const tenant = ENTRA.exec(iss)?.[1];
  if (tenant !== undefined && known.some((one) => ENTRA.exec(one)?.[1] === tenant)) {
    return ' The tenant is trusted with its other token version. Set accessTokenAcceptedVersion of the API, or trust both.';
  }
  return '';
}
