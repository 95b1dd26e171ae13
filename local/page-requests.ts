import type { PageRequest } from './wire/gate.ts';
import type { HttpHandler } from './wire/http.ts';

/** Requests that pages of the embedded distributions send to the AWS endpoint. */
export interface PageRequests {
  /** Whether a page of another origin is allowed to send the request. */
  readonly allows: (request: PageRequest) => boolean;
  /** Answers preflights, and adds the headers that let a page read the response. */
  readonly withCors: (handler: HttpHandler) => HttpHandler;
}

const SERVICE = 'AWSCognitoIdentityProviderService';

/** Operations of a sign-in. A password, session or token in the body authorises them, not a signature. */
const SIGN_IN: ReadonlySet<string> = new Set(
  [
    'AssociateSoftwareToken',
    'ConfirmForgotPassword',
    'ForgotPassword',
    'GetTokensFromRefreshToken',
    'InitiateAuth',
    'RespondToAuthChallenge',
    'RevokeToken',
    'VerifySoftwareToken',
  ].map((name) => `${SERVICE}.${name}`),
);

/** Headers that a page can send. Not `Authorization`, because a page has no AWS credentials. */
const HEADERS: readonly string[] = ['content-type', 'x-amz-target'];

const MAX_AGE = '600';

/**
 * Allows pages of the cloud's own distributions to sign in. AWS's Cognito accepts pages of every origin. Every web page
 * on this computer can reach this endpoint, so it accepts only pages that the cloud itself serves.
 * @param origins returns the origins of pages, as browsers send them; called for each request
 */
export function pageRequests(origins: () => readonly string[]): PageRequests {
  const isPreflight = (method: string) => method === 'OPTIONS';
  const isAllowed = ({ method, target, header }: PageRequest): boolean => {
    if (target !== '/' || header('authorization').length > 0) return false;
    if (!isPreflight(method)) return method === 'POST' && SIGN_IN.has(header('x-amz-target').join());
    const asked = header('access-control-request-headers').join().toLowerCase().split(',');
    return (
      header('access-control-request-method').join() === 'POST' &&
      asked.map((name) => name.trim()).every((name) => name === '' || HEADERS.includes(name))
    );
  };
  return {
    allows(request) {
      const [origin = '', ...more] = request.header('origin');
      return more.length === 0 && origins().includes(origin) && isAllowed(request);
    },
    withCors: (handler) => async (request) => {
      // The gate has allowed the request. A page of the endpoint's own origin needs no headers.
      const { origin } = request.headers;
      if (origin === undefined || !origins().includes(origin)) return handler(request);
      const headers = { 'access-control-allow-origin': origin, vary: 'Origin' };
      if (isPreflight(request.method)) {
        const more = {
          'access-control-allow-methods': 'POST',
          'access-control-allow-headers': HEADERS.join(', '),
          'access-control-max-age': MAX_AGE,
        };
        return { status: 204, headers: { ...headers, ...more } };
      }
      const response = await handler(request);
      return { ...response, headers: { ...response.headers, ...headers } };
    },
  };
}
