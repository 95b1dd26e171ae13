import { type Fields, fieldsOf, omitUndefined, readFields, textIn } from '../protocol/fields.ts';

/** A provider at which people sign in. */
export interface SignInIssuer {
  readonly alias: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly token: 'access' | 'id';
  readonly preset?: string;
  /**
   * Whether the page can get a token. False if the provider redirects only to the command line, or requires its client
   * secret.
   */
  readonly onPage: boolean;
}

/** The public part of the edge's description. */
export interface PageSettings {
  readonly title?: string;
  readonly note?: string;
  readonly color?: string;
  readonly logo: boolean;
  readonly pool?: PoolAddress;
  readonly issuers: readonly SignInIssuer[];
}

export interface PoolAddress {
  readonly userPoolId: string;
  readonly clientId: string;
  /** Endpoint of the pool's API. */
  readonly endpoint: string;
}

function poolOf({ region, userPoolId, clientId, userPoolEndpoint }: Fields): PoolAddress | undefined {
  const [at, pool, client] = [region, userPoolId, clientId].map(textIn);
  if (at === undefined || pool === undefined || client === undefined) return undefined;
  // The page's Content-Security-Policy allows this address only.
  const endpoint = textIn(userPoolEndpoint) ?? `https://cognito-idp.${at}.amazonaws.com`;
  return { userPoolId: pool, clientId: client, endpoint };
}

function issuersOf(value: unknown): readonly SignInIssuer[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one) => {
    const { alias, kind, issuer, clientId, scopes, token, preset, ...more } = fieldsOf(one);
    const [name, address, client] = [alias, issuer, clientId].map(textIn);
    if (kind !== 'people' || name === undefined || address === undefined || client === undefined) return [];
    const asked = Array.isArray(scopes) ? scopes.filter((scope) => typeof scope === 'string') : ['openid'];
    return [
      {
        alias: name,
        issuer: address,
        clientId: client,
        scopes: asked,
        token: token === 'id' ? 'id' : 'access',
        // Google's desktop clients have a secret. The edge names an origin for a managed login that the page can use.
        onPage:
          more.clientSecretPublic === undefined &&
          (preset !== 'cognito' || textIn(more.tokenOrigin) !== undefined),
        ...(typeof preset === 'string' && { preset }),
      },
    ];
  });
}

/** Parses the edge's description; `undefined` for any other text. */
export function readSettings(text: string): PageSettings | undefined {
  const document = readFields(text);
  if (document?.service !== 'edge-upload') return undefined;
  const page = fieldsOf(document.page);
  const [title, note, color] = [page.title, page.note, page.color].map(textIn);
  return {
    logo: page.logo === true,
    issuers: issuersOf(document.issuers),
    ...omitUndefined({
      title,
      note,
      color: /^#[\da-f]{6}$/.test(color ?? '') ? color : undefined,
      pool: poolOf(document),
    }),
  };
}
