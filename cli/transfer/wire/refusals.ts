import { omitUndefined } from '../../../protocol/fields.ts';
import {
  DAMAGED_CODES,
  retryAfter,
  TRANSIENT_CODES,
  TRANSIENT_STATUS,
} from '../../../protocol/retry-rules.ts';
import { command, type HintLine } from '../../command-line.ts';
import { type ErrorCode, UserError, type UserErrorOptions } from '../../errors.ts';
import { isRedirect } from '../../network/failures.ts';
import { cutBetweenWords } from '../../text.ts';
import { LARGER_LIMIT } from '../limits.ts';
import { knownRefusal } from './known-refusals.ts';
import { cloudFrontReason, isCloudFrontPage, unexpectedResponse } from './pages.ts';
import {
  type ErrorDocument,
  type HttpResponse,
  isForeign,
  isPage,
  NotInGroup,
  readErrorDocument,
  TokenRejected,
  UploadGone,
} from './responses.ts';
import { type RequestFailureDetails, TransientFailure } from './retry.ts';

const KEY_CODES: ReadonlySet<string> = new Set(['bad_key', 'KeyTooLongError', 'InvalidURI']);
const SIZE_CODES: ReadonlySet<string> = new Set(['EntityTooLarge', 'too_large']);

const DOCTOR = ['Operators: check the deployment with:', command`edge-upload doctor`];

/** Refusals that a renewed token can resolve: it has the caller's current groups and claims. */
const OF_CALLER: ReadonlySet<string> = new Set(['forbidden_group', 'forbidden_caller']);

/** S3 can send the status 200 before it has checked the request. */
const isPrecondition = (code: string, status: number) => status === 412 || code === 'PreconditionFailed';

function finalCode({ from, code }: ErrorDocument, status: number): ErrorCode {
  if (isPrecondition(code, status)) return 'exists';
  if (status === 413 || SIZE_CODES.has(code)) return 'too_large';
  if (status === 403) return 'forbidden';
  if (KEY_CODES.has(code)) return 'bad_key';
  if (from === 'between' && (status < 400 || status === 404 || status === 405)) return 'not_an_edge';
  return from === 'store' ? 'refused_by_store' : 'refused_by_edge';
}

const HINTS: Partial<Record<ErrorCode, UserErrorOptions>> = {
  exists: {
    hint: 'Choose another key with --as or --prefix. Without --no-clobber, objects are replaced where the edge allows it.',
    library: {
      hint: 'Choose another key. Without noClobber, objects are replaced where the edge allows it.',
    },
  },
  forbidden: {
    hint: ['Show who is signed in, and which keys are allowed:', command`edge-upload whoami`],
    library: { hint: 'See what the token allows with: uploader.limits()' },
  },
  not_an_edge: {
    hint: 'Check the address: use the one that deploy printed, or ask an operator of the edge.',
  },
  bad_key: {
    hint: 'Choose another key with --as or --prefix.',
    library: { hint: 'Choose another key.' },
  },
  refused_by_edge: {
    hint: [
      'If the deployment is older than this edge-upload, its operator updates it with:',
      command`edge-upload deploy`,
    ],
    library: { hint: 'If the deployment is older than this library, ask its operator to update it.' },
  },
};

/** For a refusal by neither the edge nor the store. */
const IN_BETWEEN: UserErrorOptions = {
  hint: ['A proxy in between may refuse it. Check with:', command`edge-upload doctor`],
};

const MAX_TEXT = 300;

/** Shortens a server's text. */
const brief = (text: string) => cutBetweenWords(text, MAX_TEXT);

function sentence(refusal: ErrorDocument, status: number, subject: string): string {
  const said = refusal.message === '' ? '' : `: ${brief(refusal.message).replace(/\.?\s*$/, '')}`;
  const who = { edge: 'The edge', store: 'S3', between: 'The server' }[refusal.from];
  const code = brief(refusal.code);
  if (isPrecondition(refusal.code, status)) return `${subject} already exists. It was not changed.`;
  if (TRANSIENT_STATUS.has(status)) return `${who} could not accept ${subject} (${code})${said}.`;
  if (OF_CALLER.has(refusal.code)) return `${who} allows no uploads with this token (${code})${said}.`;
  return `${who} refused ${subject} (${code})${said}.`;
}

/** The hint to upload again later, before `more`. */
function again(...more: readonly HintLine[]): UserErrorOptions {
  return {
    hint: ['Run the same command again later; a large file resumes where it stopped.', ...more],
    library: {
      hint: [
        'Upload it again later; with the option “resume”, a large file resumes where it stopped.',
        ...more,
      ],
    },
  };
}

const CONCURRENCY =
  'If it keeps failing: operators, a new AWS account can run only 10 functions at once. Ask for more Lambda concurrency in us-east-1.';

/** The error for a page: CloudFront's own, a proxy's, or a captive portal's. */
function pageError(
  response: HttpResponse,
  subject: string,
  details: RequestFailureDetails,
): TransientFailure | UserError {
  const { status } = response;
  if (!isCloudFrontPage(response)) {
    if (!TRANSIENT_STATUS.has(status)) return unexpectedResponse(subject, response);
    const message = `The server could not accept ${subject} (HTTP ${status}).`;
    return new TransientFailure(new UserError('gave_up', message, again()), details);
  }
  const reason = cloudFrontReason(response);
  const why = reason === undefined ? '' : `: ${reason.why}`;
  if (!TRANSIENT_STATUS.has(status)) {
    const code = status === 403 ? 'forbidden' : finalCode({ from: 'between', code: '', message: '' }, status);
    const hint = reason?.hint ?? DOCTOR;
    return new UserError(code, `CloudFront refused ${subject} (HTTP ${status})${why}.`, { hint });
  }
  const texts =
    reason === undefined ? again(...(status === 503 ? [CONCURRENCY] : DOCTOR)) : { hint: reason.hint };
  const message = `CloudFront could not accept ${subject} (HTTP ${status})${why}.`;
  return new TransientFailure(new UserError('gave_up', message, texts), details);
}

function damaged(subject: string): TransientFailure {
  const error = new UserError('bytes_differ', `${subject} was damaged on its way to S3.`, {
    hint: 'Run the same command again. If it fails again, something on the way changes bytes.',
    library: { hint: 'Upload it again. If it fails again, something on the way changes bytes.' },
  });
  return new TransientFailure(error, { limit: { kind: 'damaged', tries: 2 } });
}

const classOf = ({ code }: ErrorDocument) => (OF_CALLER.has(code) ? NotInGroup : UserError);

/** The error for a refusal whose cause is known; `undefined` for others. */
function knownError(refusal: ErrorDocument, status: number, subject: string): UserError | undefined {
  const known = knownRefusal(refusal, status);
  if (known === undefined) return undefined;
  const why = known.why.replace(' ($)', refusal.detail === undefined ? '' : ` (${brief(refusal.detail)})`);
  const name = refusal.from === 'between' ? `HTTP ${status}` : refusal.code;
  const Class = classOf(refusal);
  return new Class(known.code, `${subject} was refused (${name}): ${why}.`, known);
}

/** The error for a refusal that a retry can resolve. */
function passing(
  refusal: ErrorDocument,
  status: number,
  subject: string,
  wait: RequestFailureDetails,
): TransientFailure {
  // A request that was throttled or refused by the edge was not served.
  const refused = refusal.from === 'edge' || (refusal.from === 'store' && status === 503);
  const texts = again(...(refusal.from === 'between' && status === 503 ? [CONCURRENCY] : []));
  const error = new UserError('gave_up', sentence(refusal, status, subject), texts);
  return new TransientFailure(error, { refused, ...wait });
}

/** The error for a refusal that no retry resolves. */
function lasting(refusal: ErrorDocument, status: number, subject: string): UserError {
  const code = finalCode(refusal, status);
  const isLimit = code === 'too_large' && refusal.from === 'edge';
  const isForeign = code === 'refused_by_edge' && refusal.from === 'between';
  const Class = classOf(refusal);
  const texts = isLimit ? LARGER_LIMIT : isForeign ? IN_BETWEEN : HINTS[code];
  return new Class(code, sentence(refusal, status, subject), texts);
}

/**
 * Returns the user's error for a refusal of the store, the edge or something in between.
 * @param response for its status, and whether it is a page.
 */
export function refusalError(
  refusal: ErrorDocument,
  response: HttpResponse,
  subject: string,
  retryAfterMs?: number,
): TransientFailure | UserError {
  const { status } = response;
  const { from, code } = refusal;
  if (code === 'NoSuchUpload') return new UploadGone(subject);
  if (DAMAGED_CODES.has(code)) return damaged(subject);
  const known = knownError(refusal, status, subject);
  if (known !== undefined) return known;
  const wait = omitUndefined({ retryAfterMs });
  if (from === 'between' && isPage(response)) return pageError(response, subject, wait);
  if (TRANSIENT_STATUS.has(status) || TRANSIENT_CODES.has(code))
    return passing(refusal, status, subject, wait);
  if (from === 'between' && isRedirect(status)) return redirected(response, subject);
  return lasting(refusal, status, subject);
}

function redirected({ status, headers }: HttpResponse, subject: string): UserError {
  // The host as it was sent: in lower case, a credential in it would not be recognised.
  const host = /^https?:\/\/(?:[^/?#]*@)?([^/?#]+)/i.exec(headers.location ?? '')?.[1];
  const where = host === undefined ? '' : ` to ${host}`;
  return new UserError('not_an_edge', `The server redirects ${subject}${where} (HTTP ${status}).`, {
    hint: [
      'Redirects are not followed with a token. Check the address; a captive portal may be in between:',
      command`edge-upload doctor`,
    ],
  });
}

/** Returns a refusal's message with its code. */
function refusedBecause({ code, message }: ErrorDocument): string {
  return message === '' ? code : `${message.replace(/\.?\s*$/, '')} (${code})`;
}

/** Returns the error for a refusal; `undefined` if the general rules apply. */
export type Refuse = (refusal: ErrorDocument) => Error | undefined;

/**
 * Returns the error for a response that is no success: {@link TokenRejected} for 401; {@link TransientFailure} or {@link
 * UserError} for any other.
 * @param subject the request's subject in messages, usually a key.
 */
export function failureOf(response: HttpResponse, subject: string, now: Date, refuse?: Refuse): Error {
  const { status, headers } = response;
  if (status >= 200 && status < 300) return unexpectedResponse(subject, response);
  const refusal = readErrorDocument(response);
  if (status === 401 && !isForeign(refusal, response)) return new TokenRejected(refusedBecause(refusal));
  return (
    refuse?.(refusal) ??
    refusalError(refusal, response, subject, retryAfter(headers['retry-after'], headers.date, now))
  );
}

/** Returns the error for an object that an earlier attempt, whose response was lost, may have stored. */
export function possiblyOwnObject(subject: string): UserError {
  const hint = (flag: string): readonly HintLine[] => [
    `To be sure, upload it again without ${flag}, or have an operator look:`,
    command`edge-upload ls`,
  ];
  return new UserError(
    'exists',
    `${subject} already exists. It may be from this upload: an earlier attempt broke off before its response arrived.`,
    { hint: hint('--no-clobber'), library: { hint: hint('noClobber') } },
  );
}
