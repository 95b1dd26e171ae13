import { type Refusal, refusal } from './refusal.ts';
import type { Headers } from './request.ts';

/** A JSON web token in compact form; whether it is a good one is for the verifier to say. */
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** The token of a request: the bare value of `Authorization`, or what follows `Bearer` (RFC 6750). */
export function tokenOf(headers: Headers): string | Refusal {
  const lines = headers.authorization ?? [];
  const [line, ...more] = lines;
  if (line === undefined)
    return refusal('missing_token', 'an access token is needed in the Authorization header');
  if (more.length > 0) return refusal('invalid_token', 'there is more than one Authorization header');
  const token = line.value.trim().replace(/^bearer(?: +|$)/i, '');
  if (token === '') return refusal('missing_token', 'the Authorization header has no token in it');
  return COMPACT.test(token) ? token : refusal('invalid_token', 'the token is not a JSON web token');
}
