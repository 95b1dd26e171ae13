import { isUserError, UserError } from '../errors.ts';
import { networkFailure } from '../network/failures.ts';
import { table } from '../table.ts';

type Entry = readonly [code: ConstructorParameters<typeof UserError>[0], hint: string];

const NO_CREDENTIALS: Entry = [
  'credentials',
  'Give AWS credentials as for every AWS tool: AWS_PROFILE, --profile, or aws configure. To try it without: edge-upload deploy --local',
];
const EXPIRED: Entry = [
  'credentials',
  'Sign in to AWS again (such as: aws sso login), then run the same command.',
];
const WRONG_KEY: Entry = [
  'credentials',
  'Check the access key and its secret, or choose another profile with --profile.',
];
const CLOCK: Entry = ['clock', "Set this computer's clock; AWS takes no signature that is 5 minutes off."];
const DENIED: Entry = ['access_denied', 'Ask the administrator of the AWS account for that permission.'];
const THROTTLED: Entry = ['throttled', 'AWS asks for patience: run the same command again in a minute.'];

/** AWS error names, of all services used here, that an operator can do something about. */
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
  AccessDenied: DENIED,
  AccessDeniedException: DENIED,
  UnauthorizedOperation: DENIED,
  Throttling: THROTTLED,
  ThrottlingException: THROTTLED,
  TooManyRequestsException: THROTTLED,
  SlowDown: THROTTLED,
});

/** A failed AWS call as an operator meets it. */
export function awsFailure(error: unknown, doing: string): UserError {
  if (isUserError(error)) return error;
  if (!(error instanceof Error))
    return new UserError('aws', `${doing} failed: ${String(error)}`, { cause: error });
  const known = KNOWN[error.name];
  if (known !== undefined) {
    const [code, hint] = known;
    return new UserError(code, `${doing} failed: ${error.message}`, { hint, cause: error });
  }
  const network = networkFailure(error, 'AWS');
  if (network !== undefined) return network;
  return new UserError('aws', `${doing} failed: ${error.message} (${error.name})`, {
    hint: 'Run the same command again; with --debug it shows more.',
    cause: error,
  });
}

/** Runs one piece of AWS work; what goes wrong comes out as a user's error that names the work. */
export async function onAws<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw awsFailure(error, doing);
  }
}

/** Whether a service said that the bucket is gone. */
export function isBucketGone(error: unknown): boolean {
  const { cause } = error as Error;
  return isUserError(error) && cause instanceof Error && cause.name === 'NoSuchBucket';
}

/** What services say of a thing that is gone. */
const GONE = new Set(['NoSuchBucket', 'NotFound', 'ResourceNotFoundException']);

/** The same for a thing that may have gone meanwhile, by other hands or a deletion under way; `undefined` then. */
export async function ifThere<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const { cause } = error as Error;
    if (isUserError(error) && cause instanceof Error && GONE.has(cause.name)) return undefined;
    throw error;
  }
}
