import { table } from '../../protocol/fields.ts';
import { command, type Hint } from '../command-line.ts';
import { type ErrorCode, interrupted, isUserError, UserError } from '../errors.ts';
import { STACK_REGION } from '../network/aws.ts';
import { isBusy } from '../network/bounded-requests.ts';
import { isRedirect } from '../network/failures.ts';
import { networkFailure } from '../network/network-failure.ts';

type Entry = readonly [code: ErrorCode, hint: Hint];

const NO_CREDENTIALS: Entry = [
  'credentials',
  [
    'Name a profile with --profile or AWS_PROFILE, or set credentials as for every AWS tool:',
    command`aws configure`,
    'To try it without an AWS account:',
    command`edge-upload deploy --local --stack-name trial`,
  ],
];
const EXPIRED: Entry = [
  'credentials',
  ['Sign in to AWS again, then run the same command. For instance:', command`aws sso login`],
];
const WRONG_KEY: Entry = [
  'credentials',
  `Check the access key and its secret, or choose another profile with --profile. Keys of AWS GovCloud (US) and of China are not valid in ${STACK_REGION}.`,
];
const CLOCK: Entry = [
  'clock',
  "Set this computer's clock. AWS refuses signatures that are more than 5 minutes off.",
];
const DENIED: Entry = [
  'access_denied',
  [
    'Ask the administrator of the AWS account for that permission. To print what operators need, and what some options, links and keys need:',
    command`edge-upload policy`,
    command`edge-upload policy --extras`,
  ],
];
const THROTTLED: Entry = ['throttled', 'AWS throttles this account: run the same command again in a minute.'];

const FULL: Entry = ['aws', ['See where it stores its files:', command`edge-upload local status`]];

/** Names of AWS errors, of all services used here, that an operator can fix. */
const KNOWN = table<Entry>({
  CredentialsProviderError: NO_CREDENTIALS,
  TokenProviderError: EXPIRED,
  ExpiredToken: EXPIRED,
  ExpiredTokenException: EXPIRED,
  RequestExpired: EXPIRED,
  InvalidClientTokenId: WRONG_KEY,
  UnrecognizedClientException: WRONG_KEY,
  InvalidAccessKeyId: WRONG_KEY,
  SignatureDoesNotMatch: WRONG_KEY,
  InvalidSignatureException: WRONG_KEY,
  AuthFailure: WRONG_KEY,
  RequestTimeTooSkewed: CLOCK,
  RequestInTheFuture: CLOCK,
  AccessDenied: DENIED,
  AccessDeniedException: DENIED,
  UnauthorizedOperation: DENIED,
  RequestLimitExceeded: THROTTLED,
  RequestThrottled: THROTTLED,
  RequestThrottledException: THROTTLED,
  Throttling: THROTTLED,
  ThrottlingException: THROTTLED,
  ThrottledException: THROTTLED,
  TooManyRequestsException: THROTTLED,
  SlowDown: THROTTLED,
  InsufficientStorage: FULL,
  NoSuchBucket: [
    'stack_failed',
    ['Somebody deleted the bucket. See what is deployed:', command`edge-upload status`],
  ],
});

/** How services other than S3 refuse a clock that is wrong. The name of the error is that of a wrong key. */
const OF_CLOCK = /^Signature (?:expired|not yet current)/;

/** What the SDK adds to its errors, as far as it is read here. */
type SdkError = Error & {
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string | undefined>> };
};

/** S3 redirects if the bucket is in another region. Any other redirect comes from a server in between. */
function redirected(
  { $metadata, $response }: SdkError,
  doing: string,
  cause: unknown,
): UserError | undefined {
  const status = $metadata?.httpStatusCode ?? 0;
  if (!isRedirect(status)) return undefined;
  const { location, 'x-amz-bucket-region': region } = $response?.headers ?? {};
  if (region !== undefined) {
    return new UserError(
      'aws',
      `${doing} failed: the bucket is in the region ${region}, not in ${STACK_REGION}.`,
      {
        hint: [
          `Use a bucket in ${STACK_REGION}; see where this one is:`,
          command`aws s3api head-bucket --bucket <bucket>`,
        ],
        cause,
      },
    );
  }
  const to = location === undefined ? '' : ` to ${location}`;
  return new UserError('aws', `${doing} failed: HTTP ${status} redirects${to}.`, {
    hint: CHECK_ENDPOINT,
    cause,
  });
}

/** The SDK calls a failure without a reason unknown, and has only its status, as for HEAD requests. */
function emptyAnswer(error: SdkError, doing: string): UserError | undefined {
  const status = error.$metadata?.httpStatusCode;
  if (status === undefined || !/^Unknown(?:Error)?$/.test(error.message)) return undefined;
  if (status === 507) return fullCloud(doing, error);
  const other: Entry = ['aws', status === 400 ? MALFORMED : CHECK_ENDPOINT];
  const [code, hint] = status === 403 ? DENIED : isBusy(status) ? BUSY : other;
  return new UserError(code, `${doing} failed: HTTP ${status} without a reason.`, { hint, cause: error });
}

/** Only an embedded cloud responds with 507. The text is that of its other errors. */
function fullCloud(doing: string, cause: Error): UserError {
  const [code, hint] = FULL;
  return new UserError(code, `${doing} failed: HTTP 507: the disk of the embedded cloud is full.`, {
    hint,
    cause,
  });
}

const BUSY: Entry = ['throttled', 'AWS is busy: run the same command again in a minute.'];

/** S3 responds with 400 if, for example, a session has expired. */
const MALFORMED: Hint = [
  'The credentials may have expired. Check them, then run the same command again:',
  command`aws sts get-caller-identity`,
];

/** The hint for a response that cannot be AWS's. */
const CHECK_ENDPOINT: Hint = [
  'A proxy or the sign-in page of a network may be in between. Check AWS_ENDPOINT_URL and HTTPS_PROXY, then run:',
  command`edge-upload doctor`,
];

/** Returns the error for a response that the service never sends. */
export function unexpectedAwsResponse(service: string, doing: string, what: string): UserError {
  return new UserError('aws', `${doing} failed: unexpected response from ${service}: ${what}.`, {
    hint: CHECK_ENDPOINT,
  });
}

/** Returns a service's message with a full stop, which many messages lack. */
const sentence = (said: string) => (/[.!?]$/.test(said) ? said : `${said}.`);

/** Returns the operator's error for a failed AWS call. */
export function awsFailure(error: unknown, doing: string): UserError {
  if (isUserError(error)) return error;
  // Ctrl-C ends requests: see openAws.
  if (error instanceof Error && error.name === 'AbortError') return interrupted();
  if (!(error instanceof Error))
    return new UserError('aws', `${doing} failed: ${sentence(String(error))}`, { cause: error });
  const known = OF_CLOCK.test(error.message) ? CLOCK : KNOWN[error.name];
  if (known !== undefined) {
    const [code, hint] = known;
    return new UserError(code, `${doing} failed: ${sentence(error.message)}`, { hint, cause: error });
  }
  const redirect = redirected(error, doing, error);
  if (redirect !== undefined) return redirect;
  const network = networkFailure(error, 'AWS');
  if (network !== undefined) return network;
  const empty = emptyAnswer(error, doing);
  if (empty !== undefined) return empty;
  return new UserError('aws', `${doing} failed: ${error.message.replace(/\.$/, '')} (${error.name}).`, {
    hint: 'Run the same command again with --debug to see more.',
    cause: error,
  });
}
