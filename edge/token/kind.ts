import type { Claims } from '../../protocol/claims.ts';
import type { EdgeIssuer } from '../config.ts';
import { invalidToken } from './authorization.ts';

/** `typ` of access tokens by RFC 9068. */
const ACCESS_TYPES: readonly unknown[] = ['at+jwt', 'application/at+jwt'];

/** `typ` of tokens of no special kind. */
const PLAIN_TYPES: readonly unknown[] = [undefined, 'JWT', 'jwt', ...ACCESS_TYPES];

type Kind = EdgeIssuer['token'] | 'other' | undefined;

/**
 * Returns the kind that a token says it is; `undefined` if it does not say. `typ` of the header is RFC 9068's, that of the
 * payload Keycloak's, `token_use` Cognito's. Only ID tokens have `at_hash` or `c_hash`, only logout tokens `events`.
 */
function saidKind({ typ }: Claims, { token_use, typ: kind, at_hash, c_hash, events }: Claims): Kind {
  if (!PLAIN_TYPES.includes(typ) || events !== undefined) return 'other';
  if (token_use !== undefined) return token_use === 'access' || token_use === 'id' ? token_use : 'other';
  if (ACCESS_TYPES.includes(typ) || kind === 'Bearer') return 'access';
  if (kind === 'ID' || at_hash !== undefined || c_hash !== undefined) return 'id';
  return kind === undefined ? undefined : 'other';
}

/** Whether a token is for an API: scopes, or roles of an application that is named. Entra puts roles into ID tokens too. */
function isGranted({ scope, scp, roles, azp, appid }: Claims): boolean {
  return (scope ?? scp) !== undefined || (roles !== undefined && (azp ?? appid) !== undefined);
}

/**
 * @throws {Refusal} `wrong_token_kind` for a token that is not of the issuer's kind. Where both kinds may have the same
 * `aud` (Entra, and one client for all), a token that does not say its kind is an access token only by its scopes.
 */
export function checkKind(header: Claims, payload: Claims, issuer: EdgeIssuer): void {
  const { kind, token, preset, clientId, audiences } = issuer;
  const said = saidKind(header, payload);
  const both = preset === 'entra' || (clientId !== undefined && audiences?.includes(clientId));
  const granted = isGranted(payload);
  const isAccess =
    kind === 'pool'
      ? payload.token_use === 'access'
      : said === 'access' || (said === undefined && (granted || !both));
  const isId = said === 'id' || (said === undefined && !(kind === 'people' && granted));
  if (token === 'access' ? isAccess : isId) return;
  throw invalidToken(
    token === 'access'
      ? 'The token is not an access token. Ask for one with a scope of your API.'
      : 'The token is not an ID token. Send the ID token.',
    'wrong_token_kind',
  );
}
