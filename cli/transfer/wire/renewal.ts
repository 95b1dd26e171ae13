import { command } from '../../command-line.ts';
import { isUserError, UserError } from '../../errors.ts';
import { hintForRefusal, type TokenSource } from '../../identity/tokens/access-token.ts';
import { orInterrupted } from '../../network/cancellation.ts';
import { NotInGroup, TokenRejected } from './responses.ts';
import { TransientFailure } from './retry.ts';

/** The tokens of one client of the edge. */
export interface ClientTokens {
  readonly tokens: TokenSource;
  readonly signal: AbortSignal;
  /** The token that was renewed for the user's groups: one refresh shows whether they have changed. */
  renewedForGroups?: string;
}

/**
 * Sends a request again with a new token, if the edge refused the first token, or the groups in it.
 * @param failure of the request; others than these are thrown.
 * @throws {UserError} `token_refused` if the edge does not accept the new token either.
 */
export async function withRenewedToken<T>(
  failure: unknown,
  token: string,
  client: ClientTokens,
  send: (token: string) => Promise<T>,
): Promise<T> {
  const { tokens, signal } = client;
  if (failure instanceof NotInGroup) return send(await withNewGroups(failure, token, client));
  if (!(failure instanceof TokenRejected)) throw failure;
  const renewed = await orInterrupted(tokens.renew(token, failure.reason), signal).catch(throwRenewalError);
  return send(renewed).catch((error: unknown) => {
    throw error instanceof TokenRejected ? tokenRefused(error) : error;
  });
}

/** Returns a token with the user's current groups. An access token names those of its time of issue. */
async function withNewGroups(refusal: NotInGroup, token: string, client: ClientTokens): Promise<string> {
  if (token === client.renewedForGroups) throw refusal;
  try {
    client.renewedForGroups = await orInterrupted(client.tokens.renew(token), client.signal);
    return client.renewedForGroups;
  } catch (error) {
    // A token from the environment cannot be renewed; the refusal is the error to report.
    if (!isUserError(error)) throw error;
    throw refusal;
  }
}

/**
 * Throws the error of a renewal. An unreachable network or issuer fails only this attempt: the edge may be unreachable
 * for the same reason, and the next attempt renews the token.
 */
export function throwRenewalError(error: unknown): never {
  const isPassing = isUserError(error) && (error.code === 'unreachable' || error.code === 'throttled');
  throw isPassing ? new TransientFailure(error, { refused: true }) : error;
}

function tokenRefused(rejected: TokenRejected): UserError {
  const { reason } = rejected;
  return new UserError('token_refused', `The edge does not accept the token: ${reason.replace(/\.$/, '')}.`, {
    hint: hintForRefusal(reason, command`edge-upload login`),
    library: { hint: 'Pass a new token of this edge.' },
    cause: rejected,
  });
}
