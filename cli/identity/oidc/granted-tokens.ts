import type { TokenEndpointResponse } from 'openid-client';
import { type Fields, omitUndefined } from '../../../protocol/fields.ts';
import { isTokenText } from '../../../protocol/issuer.ts';
import { command } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import { readClaims } from '../tokens/access-token.ts';

/** Tokens of a sign-in, checked as far as a client can. The edge verifies the token. */
export interface GrantedTokens {
  /** Token that is sent to the edge. */
  readonly accessToken: string;
  /** Seconds after it was issued. */
  readonly expiresIn: number;
  /** Absent if the provider returned none. */
  readonly refreshToken?: string;
  /** Permanent id of the user at the issuer. */
  readonly subject: string;
  /** Name of the user, as the provider shows it. */
  readonly username: string;
}

/** Requirements for a token. */
export interface TokenRequirements {
  /** `https://<host>[:port]` of the edge, as the user typed it. */
  readonly url: string;
  readonly host: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly token: 'access' | 'id';
  /** Audience that the user accepted in addition to the edge's own address. */
  readonly audience?: string;
}

/** Claims with a readable name of the user, best first. They are only displayed. */
const NAMES = ['preferred_username', 'email', 'upn', 'username', 'name'] as const;

/** Returns true for an audience that is the client itself; Entra ID has two names for it. */
export function isClientAudience(audience: unknown, clientId: string): boolean {
  return audience === clientId || audience === `api://${clientId}`;
}

/**
 * Returns true for the edge's address, and for the audience that the user accepted. An audience that only the edge
 * names is refused.
 */
function isOwnAudience(audience: unknown, { url, clientId, audience: accepted }: TokenRequirements): boolean {
  if (audience === url || audience === accepted) return true;
  return isClientAudience(accepted, clientId) && isClientAudience(audience, clientId);
}

/** Returns true for the issuer's own endpoint with the user's profile. Auth0 adds it to every audience. */
function isUserInfo(audience: unknown, { issuer }: TokenRequirements): boolean {
  return audience === `${issuer.replace(/\/$/, '')}/userinfo`;
}

/**
 * Checks the audience of a token before it is stored or sent. An edge that names the client of another service must not
 * receive a token for that service.
 * @throws {UserError} `sign_in_refused`
 */
function requireAudience({ aud, client_id: client }: Fields, wanted: TokenRequirements): void {
  const audiences = aud === undefined ? [] : [aud].flat();
  // Access tokens of Cognito name only the client.
  const fits =
    aud === undefined
      ? client === wanted.clientId && isClientAudience(wanted.audience, wanted.clientId)
      : audiences.some((one) => isOwnAudience(one, wanted)) &&
        audiences.every((one) => isOwnAudience(one, wanted) || isUserInfo(one, wanted));
  if (fits) return;
  const { host, url } = wanted;
  if (audiences.length === 0) {
    throw new UserError('sign_in_refused', `The token of ${host} has no audience, and is not used.`, {
      hint: `The operator sets ${url} as the audience of the tokens at the provider.`,
    });
  }
  const names = audiences.map((one) => `“${String(one).slice(0, 200)}”`).join(', ');
  throw new UserError(
    'sign_in_refused',
    `The token of ${host} is for ${names}, not for ${wanted.audience ?? url} alone, and is not used.`,
    {
      hint: [
        'The operator sets the address of the edge as the only audience. If you know that this audience is right:',
        command`edge-upload login ${url} --audience <audience>`,
      ],
    },
  );
}

function lifetimeOf({ exp, iat }: Fields, expiresIn: number | undefined, now: Date): number {
  const begin = typeof iat === 'number' ? iat : now.getTime() / 1000;
  const ofToken = typeof exp === 'number' ? exp - begin : undefined;
  const lifetimes = [ofToken, expiresIn].filter((one) => one !== undefined && one > 0 && one < 1e9);
  return lifetimes.length === 0 ? 0 : Math.floor(Math.min(...lifetimes.map(Number)));
}

function opaque({ host, token }: TokenRequirements): UserError {
  if (token === 'id') {
    return new UserError('sign_in_refused', `${host} returned no ID token, which this edge requires.`, {
      hint: ['The operator adds the scope openid to the issuer:', command`edge-upload trust show <alias>`],
    });
  }
  return new UserError('sign_in_refused', `The access token of ${host} is opaque: no edge can read it.`, {
    hint: 'The operator requests JWTs: an API with an audience at the provider, or trust … --token id.',
  });
}

function nobodys({ host, token }: TokenRequirements): UserError {
  const kind = token === 'id' ? 'ID' : 'access';
  return new UserError('sign_in_refused', `The ${kind} token of ${host} names no user, and is not used.`, {
    hint: 'The operator adds the claim sub to the tokens at the provider. In Keycloak, the client scope basic has it.',
  });
}

/**
 * Reads the tokens in a response of a token endpoint, and checks their audience.
 * @throws {UserError} `sign_in_refused`
 */
export function readGranted(
  answer: TokenEndpointResponse,
  wanted: TokenRequirements,
  now: Date,
): GrantedTokens {
  const { access_token: access, id_token: id, refresh_token: refreshToken } = answer;
  const accessToken = wanted.token === 'access' ? access : id;
  const claims = isTokenText(accessToken) ? readClaims(accessToken) : undefined;
  if (claims === undefined || accessToken === undefined) throw opaque(wanted);
  requireAudience(claims, wanted);
  const subject = claims.sub;
  if (typeof subject !== 'string' || subject === '') throw nobodys(wanted);
  const shown = { ...claims, ...(id === undefined ? {} : readClaims(id)) } as Fields;
  const name = NAMES.map((claim) => shown[claim]).find((value) => typeof value === 'string' && value !== '');
  return {
    accessToken,
    // `expires_in` is the lifetime of the access token.
    expiresIn: lifetimeOf(claims, wanted.token === 'access' ? answer.expires_in : undefined, now),
    subject,
    username: typeof name === 'string' ? name : subject,
    ...omitUndefined({ refreshToken: isTokenText(refreshToken) ? refreshToken : undefined }),
  };
}
