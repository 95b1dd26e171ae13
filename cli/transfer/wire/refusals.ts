import { POOL_ALIAS } from '../../../protocol/issuer-alias.ts';
import { omitUndefined } from '../../../protocol/omit-undefined.ts';
import { DAMAGED_CODES, PASSING_CODES, PASSING_STATUS, retryAfter } from '../../../protocol/retry-rules.ts';
import { type ErrorCode, UserError } from '../../errors.ts';
import { withoutSent } from '../../sent-credentials.ts';
import { type Answer, NotInGroup, type Refusal, readRefusal, TokenRejected, UploadGone } from './answers.ts';
import { cloudFrontReason, isCloudFrontPage, isPage, unexpectedAnswer } from './pages.ts';
import { type FailureDetails, PassingFailure } from './retry.ts';

const KEY_CODES: ReadonlySet<string> = new Set(['bad_key', 'KeyTooLongError', 'InvalidURI']);
const SIZE_CODES: ReadonlySet<string> = new Set(['EntityTooLarge', 'too_large']);

const DOCTOR = 'Operators: check the deployment with: edge-upload doctor';

interface Known {
  readonly code: ErrorCode;
  /** After “<key>: ”, without a full stop. */
  readonly why: string;
  readonly hint: string;
}

const GROUP: Known = {
  code: 'forbidden',
  why: 'you are in no group that is allowed to upload',
  hint: 'An operator adds you with: edge-upload user groups <name> --add <group>',
};

const CALLER: Known = {
  code: 'forbidden',
  why: 'no rule of the edge allows this caller to upload',
  hint: 'Operators: see the rules of the edge with: edge-upload trust list',
};

/** Refusals that a renewed token can resolve: it has the caller's current groups and claims. */
const OF_CALLER: ReadonlySet<string> = new Set(['forbidden_group', 'forbidden_caller']);

/** Words for codes of S3 and of the edge; `$` stands for the detail that S3 adds. */
const KNOWN: Readonly<Record<string, Known>> = {
  HeadersNotSigned: {
    code: 'refused_by_store',
    why: 'CloudFront forwarded headers to S3 that it did not sign ($)',
    hint: 'Upload without the flag that sends the header, such as --metadata. Operators: check the origin access control with: edge-upload doctor',
  },
  SignatureDoesNotMatch: {
    code: 'refused_by_store',
    why: 'S3 does not accept the signature of CloudFront',
    hint: 'Something changes the request behind CloudFront, or the origin access control is not the deployed one. Operators: edge-upload doctor',
  },
  PermanentRedirect: {
    code: 'refused_by_store',
    why: 'S3 redirects to another address ($): the bucket is not where the edge looks for it',
    hint: 'Operators: the bucket of the deployment must be in us-east-1. Deploy again with: edge-upload deploy',
  },
  NoSuchBucket: {
    code: 'refused_by_store',
    why: 'the bucket of this edge does not exist any more',
    hint: 'Operators: edge-upload status',
  },
  MetadataTooLarge: {
    code: 'usage',
    why: 'it has more metadata than S3 keeps',
    hint: "Use less --metadata: names and values have 2 KB in all, including the uploader's name that the edge adds.",
  },
  length_required: {
    code: 'refused_by_edge',
    why: 'the request arrived without Content-Length',
    hint: 'A proxy in between removes it. Name the host of the edge in NO_PROXY.',
  },
  method_not_allowed: {
    code: 'refused_by_edge',
    why: 'the request arrived with another method',
    hint: 'A proxy or a redirect in between may change it. Check the address with: edge-upload doctor',
  },
  forbidden_group: GROUP,
};

const STATUSES: Readonly<Record<number, Known>> = {
  414: { code: 'bad_key', why: 'its URL is too long', hint: 'Choose a shorter key with --as or --prefix.' },
  431: { code: 'usage', why: 'its headers are too long', hint: 'Use less --metadata.' },
  // CloudFront's status for the same.
  494: { code: 'usage', why: 'its headers are too long', hint: 'Use less --metadata.' },
};

/** S3 may answer 200 before it has checked the request. */
const isPrecondition = (code: string, status: number) => status === 412 || code === 'PreconditionFailed';

function finalCode({ from, code }: Refusal, status: number): ErrorCode {
  if (isPrecondition(code, status)) return 'exists';
  if (status === 413 || SIZE_CODES.has(code)) return 'too_large';
  if (status === 403) return 'forbidden';
  if (KEY_CODES.has(code)) return 'bad_key';
  if (from === 'between' && (status < 400 || status === 404 || status === 405)) return 'not_an_edge';
  return from === 'store' ? 'refused_by_store' : 'refused_by_edge';
}

const HINTS: Partial<Record<ErrorCode, string>> = {
  exists: 'Choose another key with --as or --prefix, or leave --no-clobber out.',
  forbidden: 'Show who is signed in, and which keys are allowed: edge-upload whoami',
  not_an_edge: 'Check the address; the edge is what deploy printed, or ask who runs it.',
};

const MAX_TEXT = 300;

/** Shortens a server's text. A credential in it is removed first, because its beginning would not be recognised. */
function brief(text: string): string {
  const shown = withoutSent(text);
  return shown.length > MAX_TEXT ? `${shown.slice(0, MAX_TEXT)}…` : shown;
}

function sentence(refusal: Refusal, status: number, subject: string): string {
  const said = refusal.message === '' ? '' : `: ${brief(refusal.message).replace(/\.?\s*$/, '')}`;
  const who = { edge: 'The edge', store: 'The store', between: 'The server' }[refusal.from];
  const code = brief(refusal.code);
  if (isPrecondition(refusal.code, status)) return `${subject} exists already, and was left as it is.`;
  if (PASSING_STATUS.has(status)) return `${who} could not take ${subject} (${code})${said}.`;
  return `${who} refused ${subject} (${code})${said}.`;
}

const AGAIN = 'Run the same command again later; a large file resumes where it stopped.';
const CONCURRENCY =
  'If it keeps failing: operators, a new AWS account can run only 10 functions at once. Ask for more Lambda concurrency in us-east-1.';

/** The error for a page: CloudFront's own, a proxy's, or a captive portal's. */
function pageError(answer: Answer, subject: string, details: FailureDetails): PassingFailure | UserError {
  const { status } = answer;
  if (!isCloudFrontPage(answer)) {
    if (!PASSING_STATUS.has(status)) return unexpectedAnswer(subject, answer);
    const message = `The server could not take ${subject} (HTTP ${status}).`;
    return new PassingFailure(new UserError('gave_up', message, { hint: AGAIN }), details);
  }
  const reason = cloudFrontReason(answer);
  const why = reason === undefined ? '' : `: ${reason.why}`;
  if (!PASSING_STATUS.has(status)) {
    const code = status === 403 ? 'forbidden' : finalCode({ from: 'between', code: '', message: '' }, status);
    const hint = reason?.hint ?? DOCTOR;
    return new UserError(code, `CloudFront refused ${subject} (HTTP ${status})${why}.`, { hint });
  }
  const hint = reason?.hint ?? (status === 503 ? `${AGAIN} ${CONCURRENCY}` : `${AGAIN} ${DOCTOR}`);
  const message = `CloudFront could not take ${subject} (HTTP ${status})${why}.`;
  return new PassingFailure(new UserError('gave_up', message, { hint }), details);
}

/**
 * Returns the user's error for a refusal of the store, the edge or something in between.
 * @param answer for its status, and whether it is a page.
 */
export function refusalError(
  refusal: Refusal,
  answer: Answer,
  subject: string,
  retryAfterMs?: number,
): PassingFailure | UserError {
  const { status } = answer;
  const { code } = refusal;
  if (code === 'NoSuchUpload') return new UploadGone(subject);
  if (DAMAGED_CODES.has(code)) {
    const error = new UserError('bytes_differ', `${subject} was damaged on its way to the store.`, {
      hint: 'Run the same command again. If it fails again, something on the way changes bytes.',
    });
    return new PassingFailure(error, { limit: { kind: 'damaged', tries: 2 } });
  }
  const wait = omitUndefined({ retryAfterMs });
  const Class = OF_CALLER.has(code) ? NotInGroup : UserError;
  const known = knownRefusal(refusal, status);
  if (known !== undefined) {
    const why = known.why.replace(' ($)', refusal.detail === undefined ? '' : ` (${brief(refusal.detail)})`);
    const name = refusal.from === 'between' ? `HTTP ${status}` : code;
    return new Class(known.code, `${subject} was refused (${name}): ${why}.`, { hint: known.hint });
  }
  if (refusal.from === 'between' && isPage(answer)) return pageError(answer, subject, wait);
  const message = sentence(refusal, status, subject);
  if (PASSING_STATUS.has(status) || PASSING_CODES.has(code)) {
    // A request that was throttled or refused by the edge was not served.
    const refused = refusal.from === 'edge' || (refusal.from === 'store' && status === 503);
    const hint = refusal.from === 'between' && status === 503 ? `${AGAIN} ${CONCURRENCY}` : AGAIN;
    return new PassingFailure(new UserError('gave_up', message, { hint }), { refused, ...wait });
  }
  if (refusal.from === 'between' && status >= 300 && status < 400) return redirected(answer, subject);
  const final = finalCode(refusal, status);
  const hint = HINTS[final];
  return new Class(final, message, omitUndefined({ hint }));
}

/**
 * The error for a caller who is in no group that is allowed to upload, or whom no rule allows to.
 * @param issuer Alias of the caller's issuer, as the edge names it.
 */
export function notAllowed(subject: string, issuer = POOL_ALIAS): NotInGroup {
  const { code, why, hint } = issuer === POOL_ALIAS ? GROUP : CALLER;
  return new NotInGroup(code, `Uploads to ${subject} are refused: ${why}.`, { hint });
}

function knownRefusal({ from, code }: Refusal, status: number): Known | undefined {
  if (from !== 'between' && Object.hasOwn(KNOWN, code)) return KNOWN[code];
  if (from === 'store' && status === 301) return KNOWN.PermanentRedirect;
  return STATUSES[status];
}

function redirected({ status, headers }: Answer, subject: string): UserError {
  // A host is written in lower case, in which no credential would be recognised.
  const location = withoutSent(headers.location ?? '');
  const where = URL.canParse(location) ? ` to ${new URL(location).host}` : '';
  return new UserError('not_an_edge', `The server redirects ${subject}${where} (HTTP ${status}).`, {
    hint: 'Redirects are not followed with a token. Check the address; a captive portal may be in between: edge-upload doctor',
  });
}

/** Returns a refusal's message with its code. */
function refusedBecause({ code, message }: Refusal): string {
  return message === '' ? code : `${message.replace(/\.?\s*$/, '')} (${code})`;
}

/** Returns the error for a refusal; `undefined` where the general rules apply. */
export type Refuse = (refusal: Refusal) => Error | undefined;

/**
 * Checks that an answer is a success.
 * @param subject the request's subject in messages, mostly a key.
 * @throws {TokenRejected} on 401; {@link PassingFailure} or {@link UserError} on any other refusal.
 */
export function judge(answer: Answer, subject: string, now: Date, refuse?: Refuse): void {
  const { status, headers } = answer;
  if (status >= 200 && status < 300) {
    if (isPage(answer)) throw unexpectedAnswer(subject, answer);
    return;
  }
  const refusal = readRefusal(answer);
  if (status === 401 && !isPage(answer)) throw new TokenRejected(refusedBecause(refusal));
  const own = refuse?.(refusal);
  if (own !== undefined) throw own;
  throw refusalError(refusal, answer, subject, retryAfter(headers['retry-after'], now));
}
