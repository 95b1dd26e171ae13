import type { EdgeIssuer } from '../config.ts';

/*
 * Advice on what to change at a provider, as a sentence after a refusal. It contains no part of a token.
 */

/** On a token with `email_verified: false`. */
export const UNVERIFIED = 'The email address in the token is not verified. Verify it at the provider.';

/** By preset: how to get a token that is not opaque. */
const OPAQUE = new Map([
  ['auth0', ' At Auth0, sign in with an audience: the identifier of your API.'],
  ['google', ' Google access tokens are opaque: send the ID token.'],
]);

/** By preset: how to get a token for this audience. */
const AUDIENCE = new Map([
  ['entra', ' In Entra, ask for a scope of your own API.'],
  ['auth0', ' At Auth0, ask for the identifier of your API.'],
  ['keycloak', ' In Keycloak, add an audience mapper to the client.'],
]);

/** Microsoft Graph, whose tokens nobody else can verify. */
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

/** Compares an unknown issuer with the trusted ones, because usual mistakes differ only a little. */
export function adviceOnIssuer(iss: unknown, issuers: readonly EdgeIssuer[]): string {
  if (typeof iss !== 'string') return '';
  const known = issuers.flatMap((issuer) => issuer.iss);
  const bare = (text: string) => text.replace(/\/$/, '');
  if (known.some((one) => bare(one) === bare(iss))) {
    return ' A trusted issuer differs in its last slash only: trust it as the token spells it.';
  }
  const tenant = ENTRA.exec(iss)?.[1];
  if (tenant !== undefined && known.some((one) => ENTRA.exec(one)?.[1] === tenant)) {
    return ' The tenant is trusted in the other version: set accessTokenAcceptedVersion of the API, or trust both.';
  }
  return '';
}
