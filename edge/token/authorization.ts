import { Refusal, type RefusalCode } from '../refusal.ts';
import { type EdgeHeaders, headerValues } from '../request/viewer-request.ts';

/** Returns `WWW-Authenticate` (RFC 6750, section 3), without an error code for a request without a token. */
function challenge(description?: string): Readonly<Record<string, string>> {
  const parameters =
    description === undefined
      ? 'realm="edge-upload"'
      : `error="invalid_token", error_description="${description.replace(/[^ -~]|["\\]/g, '')}"`;
  return { 'www-authenticate': `Bearer ${parameters}` };
}

/** Returns the refusal of a token. `code` is specific to this project; RFC 6750 has `invalid_token` for all of them. */
export function invalidToken(description: string, code: RefusalCode = 'invalid_token'): Refusal {
  return new Refusal(code, description, challenge(description));
}

export function invalidClaim(claim: string): Refusal {
  return invalidToken(`The ${claim} claim of the token is missing or not valid.`, 'invalid_claim');
}

/**
 * Returns the token in `Authorization`, with or without `Bearer`; `undefined` if there is none.
 * @throws {Refusal} `invalid_token` for more than one header
 */
export function readToken(headers: EdgeHeaders): string | undefined {
  const [value = '', ...more] = headerValues(headers, 'authorization');
  if (more.length > 0) throw invalidToken('The request has more than one Authorization header.');
  const token = value.trim().replace(/^bearer(?:\s+|$)/i, '');
  return token === '' ? undefined : token;
}

/** @throws {Refusal} `missing_token` or `invalid_token` */
export function requireToken(headers: EdgeHeaders): string {
  const token = readToken(headers);
  if (token !== undefined) return token;
  throw new Refusal('missing_token', 'An access token is required in the Authorization header.', challenge());
}
