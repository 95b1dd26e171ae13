import type { ClientError, ResponseBodyError } from 'openid-client';
import { table } from '../../../protocol/fields.ts';
import { command, type Hint } from '../../command-line.ts';
import { interrupted, isUserError, UserError, type UserErrorOptions } from '../../errors.ts';
import { isBusy } from '../../network/bounded-requests.ts';
import { cutBetweenWords } from '../../text.ts';

/** https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1 */
const LATER = 'temporarily_unavailable';

/** OAuth error of a provider: https://www.rfc-editor.org/rfc/rfc6749#section-5.2 */
export interface ProviderError {
  readonly error: string;
  readonly description: string;
}

const MAX_WORDS = 300;

/** By number of the `AADSTS` code in a description of Entra ID. https://learn.microsoft.com/entra/identity-platform/reference-error-codes */
const ENTRA_HINTS: readonly (readonly [RegExp, Hint])[] = [
  [
    /^(?:5300\d|53003\d|50097|50005|530084)$/,
    [
      'Your tenant forbids this sign-in by a policy. If that is one on device codes, sign in on a computer with a browser:',
      command`edge-upload login`,
    ],
  ],
  [
    /^(?:7000218|70002)$/,
    'The operator allows public client flows at the application, under “Authentication”.',
  ],
  [/^(?:65001|90094|650\d\d)$/, 'An administrator of the tenant consents to the application first.'],
  [
    /^(?:50011|500113)$/,
    [
      'The operator registers the redirect addresses at the provider. To print them:',
      command`edge-upload trust show <alias>`,
    ],
  ],
  [
    /^(?:700016|90002)$/,
    ['The operator checks the tenant and the client id:', command`edge-upload trust show <alias>`],
  ],
];

/** Google demands the secret of desktop clients: https://developers.google.com/identity/protocols/oauth2/native-app */
const MISSING_SECRET: Hint = [
  'The client needs the secret of a desktop client of Google, which is public. Its operator adds it:',
  command`edge-upload trust google <domain> --client-secret-public <secret>`,
];

const HINTS = table<Hint>({
  access_denied: [
    'You, or a rule of the provider, refused the sign-in. Ask your administrator, or sign in again:',
    command`edge-upload login`,
  ],
  invalid_client:
    'The operator checks the client id at the provider, and that it is a public client without a secret.',
  unauthorized_client:
    'The operator allows this client the flow that was used: authorization code, device code or refresh token.',
  unsupported_grant_type:
    'The operator allows this client the flow that was used: authorization code, device code or refresh token.',
  invalid_scope: ['The operator checks the scopes of the issuer:', command`edge-upload trust show <alias>`],
  invalid_target: [
    'The operator checks the audience of the issuer:',
    command`edge-upload trust show <alias>`,
  ],
  invalid_grant: ['Sign in again with:', command`edge-upload login`],
  expired_token: ['The code has expired. Sign in again with:', command`edge-upload login`],
  login_required: ['Sign in again with:', command`edge-upload login`],
});

/** Returns a text of the provider as one line of limited length, for use within a sentence. */
function words(text: string): string {
  return cutBetweenWords(text.replaceAll(/\s+/g, ' ').trim().replace(/\.$/, ''), MAX_WORDS);
}

/** Returns the OAuth error in a failure of the protocol library; `undefined` for others. */
export function providerError(error: unknown): ProviderError | undefined {
  if (!(error instanceof Error) || !('error' in error) || typeof error.error !== 'string') return undefined;
  const { error_description: description } = error as Partial<ResponseBodyError>;
  return { error: words(error.error), description: words(description ?? '') };
}

/** Returns the status of the response in a failure of the protocol library, if there was one. */
export function statusOf(error: unknown): number | undefined {
  const { status, cause } = Object(error) as Partial<ResponseBodyError>;
  return cause instanceof Response ? cause.status : status;
}

/** Returns true for a response after which the same request can work later. */
export function isTransientAnswer(error: unknown): boolean {
  const status = statusOf(error) ?? 0;
  return (Object(error) as Partial<ResponseBodyError>).error === LATER || isBusy(status);
}

function unavailable(host: string, doing: string, options: UserErrorOptions): UserError {
  return new UserError('unreachable', `${doing} failed: ${host} cannot respond at the moment.`, {
    ...options,
    hint: 'Run the same command again in a minute.',
  });
}

function refused({ error, description }: ProviderError, doing: string, cause: unknown): UserError {
  const why = description === '' ? error : `${description} (${error})`;
  const code = /AADSTS(\d+)/.exec(description)?.[1] ?? '';
  const entra = ENTRA_HINTS.find(([codes]) => codes.test(code))?.[1];
  const missing = /client_secret is missing/i.test(description) ? MISSING_SECRET : undefined;
  const secret = /client_secret|client secret/i.test(description) ? HINTS.invalid_client : undefined;
  const hint = entra ?? missing ?? secret ?? HINTS[error];
  return new UserError('sign_in_refused', `${doing} failed: ${why}.`, {
    hint: hint ?? ['Ask the operator of the edge, or sign in again:', command`edge-upload login`],
    cause: withoutBody(cause),
  });
}

/** The library keeps responses in its errors, which can contain tokens. `--debug` prints causes. */
function withoutBody(cause: unknown): Error | undefined {
  if (!(cause instanceof Error)) return undefined;
  const { name, message } = cause;
  return Object.assign(new Error(message), { name });
}

const CLOCK = 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED';
const ATTRIBUTE = 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED';
/** Error for a response that is not the provider's, such as the page of a captive portal. The sign-in is kept. */
const FOREIGN: ReadonlySet<string> = new Set([
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_PARSE_ERROR',
]);

/** Beginnings of messages, by the library's code. */
const WHAT = table<string>({
  OAUTH_RESPONSE_IS_NOT_JSON: 'the response is not JSON',
  OAUTH_RESPONSE_IS_NOT_CONFORM: 'unexpected status',
  OAUTH_PARSE_ERROR: 'unexpected response',
  OAUTH_INVALID_RESPONSE: 'unexpected response',
});

/** Returns `HTTP 200, text/html`. */
function statusAndType({ status, headers }: Response): string {
  const type = headers.get('content-type')?.split(';')[0]?.trim();
  return `HTTP ${status}${type ? `, ${words(type)}` : ''}`;
}

function unexpected(error: Error, doing: string, host: string): UserError {
  const { code } = error as Partial<ClientError>;
  const options: UserErrorOptions = { cause: withoutBody(error) };
  if (code === CLOCK) {
    return new UserError('sign_in_refused', `${doing} failed: the token of ${host} is not valid now.`, {
      ...options,
      hint: ["Check this computer's clock, then sign in again with:", command`edge-upload login`],
    });
  }
  if (code === ATTRIBUTE) {
    return new UserError('sign_in_refused', `${doing} failed: ${host} describes another issuer.`, {
      ...options,
      hint: ['Ask the operator of the edge, who lists the issuers with:', command`edge-upload trust list`],
    });
  }
  const isForeign = FOREIGN.has(code ?? '');
  const { cause } = error;
  if (isTransientAnswer(error)) return unavailable(host, doing, options);
  const status = cause instanceof Response ? `: ${statusAndType(cause)}` : '';
  // The parser's message quotes the response, which can contain tokens.
  const says = cause instanceof Error && !(cause instanceof SyntaxError) && cause.message !== error.message;
  const inner = says ? `: ${words(cause.message)}` : status;
  return new UserError(
    isForeign ? 'unreachable' : 'sign_in_refused',
    `${doing} failed: ${WHAT[code ?? ''] ?? words(error.message)}${inner}.`,
    {
      ...options,
      hint: `Check that ${host} is an OpenID Connect provider; a proxy or captive portal may respond instead.`,
    },
  );
}

/** Returns the error of a request that got no response; the library wraps it. `undefined` for other failures. */
export function unansweredError(error: unknown): UserError | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (isUserError(at)) return at;
  return undefined;
}

/** Returns the error to print for a failure of a request to a provider; the message begins with `doing`. */
function providerFailure(error: unknown, doing: string, host: string): UserError {
  const unanswered = unansweredError(error);
  if (unanswered !== undefined) return unanswered;
  const answered = providerError(error);
  if (answered !== undefined) {
    return isTransientAnswer(error)
      ? unavailable(host, doing, { cause: withoutBody(error) })
      : refused(answered, doing, error);
  }
  return unexpected(error instanceof Error ? error : new Error(String(error)), doing, host);
}

/** Runs requests to a provider. Its errors, and those of the network and the library, become a `UserError`. */
export async function withProviderErrors<T>(
  { host, signal }: { readonly host: string; readonly signal: AbortSignal },
  doing: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw signal.aborted ? interrupted() : providerFailure(error, doing, host);
  }
}
