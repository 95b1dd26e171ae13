import type { TrustedIssuer } from '../../infra/options.ts';
import { omitUndefined } from '../../protocol/fields.ts';
import { isPlainHost, isSecureOrigin } from '../../protocol/object-url.ts';
import { algorithmsOf, type Jwk } from '../../protocol/signing-key.ts';
import { command } from '../command-line.ts';
import { UserError } from '../errors.ts';
import { isBusy } from '../network/bounded-requests.ts';
import { sameCommand } from '../same-command.ts';
import { type Documents, requireHttps } from './documents.ts';
import { requireTenant } from './entra-tenants.ts';
import type { IssuerEntry } from './trust-file.ts';

/** The fields of an issuer's discovery document. */
export interface DiscoveredIssuer {
  readonly jwksUri: string;
  /** Origin of the token endpoint, if it differs from the issuer's. */
  readonly tokenOrigin?: string;
  /** Absent if the document does not list them. */
  readonly scopesSupported?: readonly string[];
}

export function metadataUrl(issuer: string): string {
  return `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
}

function texts(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : undefined;
}

/**
 * Downloads the discovery document of an issuer. The issuer in it must be exactly the requested one.
 * https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationValidation
 */
async function discoverIssuer(issuer: string, documents: Documents): Promise<DiscoveredIssuer> {
  const { plainLoopback } = documents;
  requireHttps(issuer, 'The issuer', plainLoopback);
  const at = metadataUrl(issuer);
  const fetched = await documents.fetch(at);
  if ('status' in fetched) {
    if (isBusy(fetched.status)) {
      throw new UserError(
        'unreachable',
        `${new URL(at).host} cannot respond at the moment: HTTP ${fetched.status}.`,
        { hint: ['Run the same command again in a minute:', sameCommand``] },
      );
    }
    throw new UserError('unreachable', `${at} cannot be read: HTTP ${fetched.status}.`, {
      hint: [
        'Check the issuer: it is the value of iss in a token. To see it:',
        command`edge-upload trust check`,
      ],
    });
  }
  const { issuer: named, jwks_uri: jwksUri, scopes_supported: scopes, token_endpoint } = fetched.fields;
  if (named !== issuer) {
    throw new UserError(
      'usage',
      `The issuer is not ${issuer}: its document names ${typeof named === 'string' ? `“${named.slice(0, 200)}”` : 'none'}.`,
      { hint: 'Type the issuer exactly as its document names it, with or without the trailing slash.' },
    );
  }
  if (typeof jwksUri !== 'string') {
    throw new UserError('usage', `The document of ${issuer} names no key set (jwks_uri).`, {
      hint: 'The issuer must publish its keys: edge-upload does not accept tokens signed with shared secrets.',
    });
  }
  // A URL parser drops or replaces these.
  if (/[\s\\\p{Cc}]/u.test(jwksUri)) {
    throw new UserError('usage', `The key set (jwks_uri) of ${issuer} is not a URL.`);
  }
  const { href } = requireHttps(jwksUri, 'The key set of the issuer', plainLoopback);
  const tokenOrigin = otherOrigin(token_endpoint, issuer, plainLoopback);
  return { jwksUri: href, ...omitUndefined({ tokenOrigin, scopesSupported: texts(scopes) }) };
}

/**
 * Returns the origin of a token endpoint; `undefined` for the issuer's own origin, and for an address that must not get
 * tokens.
 */
function otherOrigin(endpoint: unknown, issuer: string, plainLoopback: boolean): string | undefined {
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint)) return undefined;
  const url = new URL(endpoint);
  const isSecure = url.protocol === 'https:' || (plainLoopback && isSecureOrigin(url));
  const isOther = url.origin !== new URL(issuer).origin;
  return isSecure && isPlainHost(url.hostname) && isOther ? url.origin : undefined;
}

/**
 * Downloads the discovery documents of all addresses of an issuer. Returns the first one.
 * @throws {UserError} `usage` or `unreachable`
 */
export async function discoverIssuers(
  iss: readonly string[],
  documents: Documents,
): Promise<DiscoveredIssuer> {
  // Documents of these tenants name a pattern, which no token contains.
  requireTenant(iss);
  const [first] = await Promise.all(iss.map((one) => discoverIssuer(one, documents)));
  if (first === undefined) throw new Error('An issuer needs an address.');
  return first;
}

/** Returns the keys by their algorithms: `RS256: kid1, kid2; ES256: kid3`. */
export function describeKeys(keys: readonly Jwk[]): string {
  const kids = new Map<string, string[]>();
  for (const key of keys) {
    const algorithms = algorithmsOf(key).join('/');
    kids.set(algorithms, [...(kids.get(algorithms) ?? []), key.kid]);
  }
  return [...kids].map(([algorithms, list]) => `${algorithms}: ${list.join(', ')}`).join('; ');
}

/**
 * Returns the issuers of a file, with the key sets from their discovery documents.
 * @throws {UserError} `usage` or `unreachable`
 */
export function discoverKeySets(
  issuers: readonly IssuerEntry[],
  documents: Documents,
): Promise<readonly TrustedIssuer[]> {
  return Promise.all(
    issuers.map(async ({ alias, kind, preset, iss, ...rest }) => {
      const { jwksUri, tokenOrigin } = await discoverIssuers(iss, documents);
      const forPage = omitUndefined({ tokenOrigin: kind === 'people' ? tokenOrigin : undefined });
      return { alias, kind, ...omitUndefined({ preset }), iss, jwksUri, ...forPage, ...rest };
    }),
  );
}
