import { DESCRIPTION_KEY, encodeKey, encodeQuery } from '../../../protocol/object-url.ts';
import type { RetryPolicy } from '../../../protocol/retry-rules.ts';
import { command } from '../../command-line.ts';
import { isUserError, UserError } from '../../errors.ts';
import { hintForRefusal, type TokenSource } from '../../identity/tokens/access-token.ts';
import { orInterrupted } from '../../network/cancellation.ts';
import { checkSize, readLimits } from '../limits.ts';
import { ConnectionCut, createWire, type HttpRequest, type WireOptions } from './exchange.ts';
import { failureOf, type Refuse } from './refusals.ts';
import { type HttpResponse, isSuccess, NotInGroup, TokenRejected } from './responses.ts';
import { retrying, TransientFailure } from './retry.ts';
import { shareConnections } from './share-connections.ts';

interface EdgeRequest extends Omit<HttpRequest, 'path' | 'headers'> {
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** The request's subject in messages; absent: the key. */
  readonly subject?: string;
  /** Called with the bytes that the socket took; negative for those of a failed attempt. */
  readonly onSent?: (bytes: number) => void;
  /** Replaces the general words for some refusals. */
  readonly refuse?: Refuse;
  /** Called when an attempt ends without a response, so that the store may have done the work. */
  readonly onUnanswered?: () => void;
}

interface Answered<T> {
  readonly value: T;
  /** Attempts, including the successful one. */
  readonly attempts: number;
}

/** Client of the edge. It adds the token to requests, and retries them if that is safe. */
export interface EdgeClient {
  readonly url: string;
  /**
   * @param read converts a successful response; its errors count as failures of the request.
   * @throws {UserError} for a failure that a retry cannot fix, and after the last retry.
   */
  request<T>(request: EdgeRequest, read: (response: HttpResponse) => T | Promise<T>): Promise<Answered<T>>;
}

/** Requests that wait for a retry after a network failure. */
export interface Trouble {
  readonly count: number;
  readonly noun: 'part' | 'file';
}

export interface EdgeClientOptions extends WireOptions {
  readonly tokens: TokenSource;
  readonly retry: RetryPolicy;
  readonly now: () => Date;
  readonly onTrouble?: ((trouble: Trouble) => void) | undefined;
  readonly onRetry?: (subject: string, failure: TransientFailure, tries: number, waitMs: number) => void;
}

export function createEdgeClient(options: EdgeClientOptions): EdgeClient {
  const { url, tokens, retry, clock, now, signal, onRetry, onTrouble } = options;
  const wire = shareConnections(createWire(options), signal);

  /**
   * If a server refuses a body early and closes, the reset can overtake its response. After a broken connection, the
   * edge is therefore asked whether it refuses the token or the size.
   */
  const askAfterCut = async (authorization: string, { key, body, subject = key }: EdgeRequest) => {
    let response: HttpResponse;
    try {
      response = await wire({ method: 'GET', path: `/${DESCRIPTION_KEY}`, headers: { authorization } });
    } catch {
      // The broken connection is reported; the next attempt shows more.
      return;
    }
    if (response.status === 401) throw failureOf(response, subject, now());
    if (response.status === 200) checkSize(subject, body?.length ?? 0, readLimits(response.text));
  };

  const once = async <T>(
    token: string,
    request: EdgeRequest,
    read: (response: HttpResponse) => T | Promise<T>,
  ): Promise<T> => {
    const { key, query, subject = key } = request;
    const authorization = `Bearer ${token}`;
    const path = `/${encodeKey(key)}`;
    let sent = 0;
    let failed = false;
    const onSent = (bytes: number) => {
      if (failed) return;
      sent += bytes;
      request.onSent?.(bytes);
    };
    try {
      const response = await wire(
        Object.assign({}, request, {
          path: query === undefined ? path : `${path}?${encodeQuery(Object.entries(query))}`,
          headers: Object.assign({}, request.headers, { authorization }),
          onSent,
        }),
      );
      if (!isSuccess(response)) throw failureOf(response, subject, now(), request.refuse);
      return await read(response);
    } catch (error) {
      failed = true;
      request.onSent?.(-sent);
      if (isUnanswered(error)) request.onUnanswered?.();
      if (error instanceof ConnectionCut) await askAfterCut(authorization, request);
      throw error;
    }
  };

  /** A token names the user's groups at the time of issue. One refresh shows whether they have changed. */
  let refreshed: string | undefined;
  const withNewGroups = async (token: string, refusal: NotInGroup): Promise<string> => {
    if (token === refreshed) throw refusal;
    try {
      refreshed = await orInterrupted(tokens.renew(token), signal);
      return refreshed;
    } catch (error) {
      // A token from the environment cannot be renewed; the refusal is the error to report.
      if (!isUserError(error)) throw error;
      throw refusal;
    }
  };

  const troubled = new Set<EdgeRequest>();
  const setTrouble = (request: EdgeRequest, waits: boolean) => {
    const changed = waits ? !troubled.has(request) : troubled.delete(request);
    if (!changed) return;
    if (waits) troubled.add(request);
    const isPart = [...troubled].some(({ query }) => query?.partNumber !== undefined);
    onTrouble?.({ count: troubled.size, noun: isPart ? 'part' : 'file' });
  };

  return {
    url,
    request: (asked, read) => {
      const { subject = asked.key } = asked;
      const request: EdgeRequest = Object.assign({}, asked, {
        onSent(bytes: number) {
          if (bytes > 0) setTrouble(request, false);
          asked.onSent?.(bytes);
        },
      });
      const attempt = async (attempts: number) => {
        const token = tokens.held?.() ?? (await orInterrupted(tokens.current(), signal).catch(throwPassing));
        try {
          const value = await once(token, request, read).catch(async (error: unknown) => {
            if (error instanceof NotInGroup) {
              return once(await withNewGroups(token, error), request, read);
            }
            if (!(error instanceof TokenRejected)) throw error;
            const renewing = orInterrupted(tokens.renew(token, error.reason), signal);
            return withFreshToken(renewing, (fresh) => once(fresh, request, read));
          });
          return { value, attempts };
        } catch (error) {
          throw attempts > 1 && isUserError(error) && error.code === 'exists'
            ? possiblyOwnObject(subject)
            : error;
        }
      };
      return retrying(attempt, {
        policy: retry,
        clock,
        signal,
        onRetry: (...told) => {
          setTrouble(request, true);
          onRetry?.(subject, ...told);
        },
      })
        .catch((error: unknown) => {
          throw isUserError(error) ? (tokens.explain?.(error) ?? error) : error;
        })
        .finally(() => setTrouble(request, false));
    },
  };
}

/**
 * Throws the error of a renewal. An unreachable network or issuer fails only this attempt: the edge may be unreachable
 * for the same reason, and the next attempt renews the token.
 */
function throwPassing(error: unknown): never {
  const isPassing = isUserError(error) && (error.code === 'unreachable' || error.code === 'throttled');
  throw isPassing ? new TransientFailure(error, { refused: true }) : error;
}

/** Whether the store may have done the work although no response arrived. */
function isUnanswered(error: unknown): boolean {
  if (error instanceof TransientFailure) return error.details.refused !== true;
  return !(error instanceof UserError || error instanceof TokenRejected);
}

/** Returns the error for an object that an earlier attempt, whose response was lost, may have stored. */
export function possiblyOwnObject(subject: string): UserError {
  return new UserError(
    'exists',
    `${subject} exists already. It may be from this upload: an earlier attempt broke off before it was answered.`,
    {
      hint: [
        'To be sure, upload it again without --no-clobber, or have an operator look:',
        command`edge-upload ls`,
      ],
      library: {
        hint: [
          'To be sure, upload it again without noClobber, or have an operator look:',
          command`edge-upload ls`,
        ],
      },
    },
  );
}

/** @throws {UserError} `token_refused` if the edge does not accept the renewed token either. */
async function withFreshToken<T>(renewing: Promise<string>, work: (token: string) => Promise<T>): Promise<T> {
  const fresh = await renewing.catch(throwPassing);
  try {
    return await work(fresh);
  } catch (error) {
    if (!(error instanceof TokenRejected)) throw error;
    throw new UserError(
      'token_refused',
      `The edge does not accept the token: ${error.reason.replace(/\.$/, '')}.`,
      {
        hint: hintForRefusal(error.reason, command`edge-upload login`),
        library: { hint: 'Pass a new token of this edge.' },
        cause: error,
      },
    );
  }
}
