import { isTokenText } from '../../protocol/issuer.ts';
import { isUserError, UserError } from '../errors.ts';
import { expiryOf, type TokenSource } from '../identity/tokens/access-token.ts';
import { renewingSource } from '../identity/tokens/session.ts';
import type { SentCredentials } from '../sent-credentials.ts';
import type { TokenFunction } from './types.ts';

/** Assumed lifetime of a token without an expiry, in milliseconds: one day. The edge uses its own clock. */
const UNKNOWN_END_MS = 86_400_000;

function checked(token: unknown, sent: SentCredentials): string {
  if (isTokenText(token)) {
    sent.note(token);
    return token;
  }
  if (typeof token !== 'string' || token === '') {
    throw new UserError('usage', 'There is no token: it is not text, or it is empty.', {
      hint: 'Pass an access token of this edge, or a function that returns one.',
    });
  }
  // The text is not shown, because it can be a token with a line break.
  throw new UserError('usage', 'The token contains characters that a header cannot contain.', {
    hint: 'Pass an access token of this edge, without spaces and line breaks.',
  });
}

function refused(reason: string | undefined): UserError {
  const why = reason === undefined ? '' : `: ${reason.replace(/\.$/, '')}`;
  return new UserError('token_refused', `The edge does not accept the token${why}.`, {
    hint: 'Pass a new token of this edge.',
  });
}

/**
 * Creates the token source for a program's token.
 * @throws {UserError} `usage` for text that is not a token
 */
export function programToken(
  token: string | TokenFunction,
  now: () => Date,
  sent: SentCredentials,
): TokenSource {
  if (typeof token !== 'function') {
    const text = checked(token, sent);
    return {
      current: async () => text,
      held: () => text,
      async renew(_rejected, reason) {
        throw refused(reason);
      },
    };
  }
  return renewingSource(async (rejected, reason) => {
    const issuedAt = now();
    const accessToken = checked(await called(token, rejected), sent);
    if (accessToken === rejected) throw refused(reason);
    const end = expiryOf(accessToken) ?? new Date(issuedAt.getTime() + UNKNOWN_END_MS);
    return { accessToken, issuedAt, expiresAt: end };
  }, now);
}

async function called(token: TokenFunction, rejected: string | undefined): Promise<unknown> {
  try {
    return await (rejected === undefined ? token() : token(rejected));
  } catch (error) {
    if (isUserError(error)) throw error;
    throw new UserError('not_signed_in', 'The function for the token failed.', { cause: error });
  }
}
