import { type Claims, claimTexts } from '../../protocol/claims.ts';
import type { EdgeIssuer } from '../config.ts';
import { invalidToken } from './authorization.ts';

/** `typ` of access tokens (RFC 9068). */
const ACCESS = 'at+jwt';

/** Values of `typ` that do not mark another kind of token. */
const PLAIN: readonly unknown[] = [undefined, 'jwt', ACCESS];

/** Returns a media type without its usual prefix. Case does not matter (RFC 7515, section 4.1.9). */
const mediaType = (typ: unknown) =>
  typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : typ;

type Kind = EdgeIssuer['token'] | 'other' | undefined;

const isOneThere = (...values: readonly unknown[]) => values.some((value) => value !== undefined);

/**
 * Returns the kind that a token declares; `undefined` if it declares none.
 * - `typ` in the header is from RFC 9068, `typ` in the payload from Keycloak, `token_use` from Cognito.
 * - Only access tokens of Entra have `idtyp`, `azpacr` or, in version 1, `appidacr`.
 * - Only logout tokens have `events`.
 * - ID tokens have `nonce`, `at_hash` or `c_hash`. Older Keycloak versions add `nonce` to all tokens.
 * https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
 * https://openid.net/specs/openid-connect-core-1_0.html#IDToken
 */
function saidKind({ typ }: Claims, payload: Claims): Kind {
  const { token_use, typ: kind, events, idtyp, azpacr, appidacr, nonce, at_hash, c_hash } = payload;
  const type = mediaType(typ);
  if (!PLAIN.includes(type) || events !== undefined) return 'other';
  if (token_use !== undefined) return token_use === 'access' || token_use === 'id' ? token_use : 'other';
  const isAccess = type === ACCESS || kind === 'Bearer' || isOneThere(idtyp, azpacr, appidacr);
  if (isAccess) return kind === 'ID' ? 'other' : 'access';
  if (kind !== undefined) return kind === 'ID' ? 'id' : 'other';
  return isOneThere(nonce, at_hash, c_hash) ? 'id' : undefined;
}

/**
 * Whether a token is of the kind that the issuer requires. Both kinds can have the same `aud`: in Entra, and where one
 * client serves both. There, a token without a declared kind is an access token only if it has scopes, which an ID
 * token never has.
 */
export function isOfKind(header: Claims, payload: Claims, issuer: EdgeIssuer): boolean {
  const { kind, token, preset, clientId, audiences } = issuer;
  const { scope, scp, token_use } = payload;
  if (kind === 'pool') return token_use === 'access';
  const said = saidKind(header, payload);
  if (token === 'id' && kind === 'people' && isOneThere(scope, scp)) return false;
  if (said !== undefined || token === 'id') return (said ?? 'id') === token;
  const isBoth = preset === 'entra' || (clientId !== undefined && audiences?.includes(clientId));
  return !isBoth || [scope, scp].some((scopes) => claimTexts(scopes).some((text) => text?.trim()));
}

/** @throws {Refusal} `wrong_token_kind` for a token of another kind than the issuer requires */
export function checkKind(header: Claims, payload: Claims, issuer: EdgeIssuer): void {
  if (isOfKind(header, payload, issuer)) return;
  throw invalidToken(
    issuer.token === 'access'
      ? 'The token is not an access token. Request one with a scope of your API.'
      : 'The token is not an ID token. Send the ID token.',
    'wrong_token_kind',
  );
}
