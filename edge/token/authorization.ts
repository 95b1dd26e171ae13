import { Refusal } from '../refusal.ts';
import { type EdgeHeaders, headerValues } from '../request/viewer-request.ts';

/**
 * `WWW-Authenticate` of RFC 6750 section 3: no error code for a request without a token.
 * @param description Free of quotes and backslashes.
 */
function challenge(description?: string): Readonly<Record<string, string>> {
  const parameters =
    description === undefined
      ? 'realm="edge-upload"'
      : `error="invalid_token", error_description="${description}"`;
  return { 'www-authenticate': `Bearer ${parameters}` };
}

export function invalidToken(
  description: string,
  code: 'invalid_token' | 'token_expired' = 'invalid_token',
): Refusal {
  return new Refusal(code, description, challenge(description));
}

/**
 * The token in `Authorization`, bare or after `Bearer`; `undefined` where none was sent.
 * @throws {Refusal} `invalid_token` for more than one header: which of them counts is not for us to guess.
 */
export function readToken(headers: EdgeHeaders): string | undefined {
  const [value = '', ...more] = headerValues(headers, 'authorization');
  if (more.length > 0) throw invalidToken('There is more than one Authorization header.');
  const token = value.trim().replace(/^bearer(?:\s+|$)/i, '');
  return token === '' ? undefined : token;
}

/** @throws {Refusal} `missing_token` or `invalid_token` */
export function requireToken(headers: EdgeHeaders): string {
  const token = readToken(headers);
  if (token !== undefined) return token;
  throw new Refusal('missing_token', 'An access token is required in the Authorization header.', challenge());
}
