import { AwsError } from '../wire/errors.ts';

interface WrongScope<Part extends 'service' | 'region'> {
  readonly why: `wrong-${Part}`;
  readonly given: string;
  readonly expected: string;
  /** Whether the signature is in the query. */
  readonly presigned: boolean;
}

/** Why a signature is not accepted. Each service has its own error for it. */
export type SignatureRefusal =
  | { readonly why: 'unsupported' }
  | { readonly why: 'malformed' | 'malformed-query'; readonly detail: string }
  | WrongScope<'service'>
  | WrongScope<'region'>
  | { readonly why: 'unsigned-headers'; readonly names: readonly string[] }
  | { readonly why: 'skewed'; readonly signedAt: string; readonly now: string }
  | { readonly why: 'expired' | 'early'; readonly now: string }
  | { readonly why: 'token' }
  | { readonly why: 'expired-token' }
  | { readonly why: 'unknown-key'; readonly accessKeyId: string }
  | { readonly why: 'mismatch' };

const MISMATCH = 'The request signature we calculated does not match the signature you provided. Check your';

/** Services with the query protocol. All others but S3 have a JSON protocol. */
const QUERY_SERVICES = ['cloudformation', 'iam', 'sns', 'sts'];

/**
 * Returns the error of a service for a refusal: S3 has its own, the query and JSON protocols have those of
 * https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
 */
export function signatureError(service: string, refusal: SignatureRefusal): AwsError {
  if (service === 's3') return s3Error(refusal);
  const error = queryError(refusal);
  return QUERY_SERVICES.includes(service)
    ? error
    : new AwsError(JSON_CODES[error.code] ?? error.code, error.message, error.status);
}

const JSON_CODES: Readonly<Record<string, string>> = {
  SignatureDoesNotMatch: 'InvalidSignatureException',
  IncompleteSignature: 'IncompleteSignatureException',
  InvalidClientTokenId: 'UnrecognizedClientException',
  ExpiredToken: 'ExpiredTokenException',
};

function s3Error(refusal: SignatureRefusal): AwsError {
  const malformed = (detail: string, details = {}) =>
    new AwsError(
      'AuthorizationHeaderMalformed',
      `The authorization header is malformed; ${detail}`,
      400,
      details,
    );
  const malformedQuery = (message: string, details = {}) =>
    new AwsError('AuthorizationQueryParametersError', message, 400, details);
  const ofScope = ({ presigned }: { readonly presigned: boolean }, detail: string, details = {}) =>
    presigned
      ? malformedQuery(`Error parsing the X-Amz-Credential parameter; ${detail}`, details)
      : malformed(detail, details);
  switch (refusal.why) {
    case 'unsupported':
      return new AwsError(
        'InvalidRequest',
        'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
      );
    case 'malformed':
      return malformed(refusal.detail);
    case 'malformed-query':
      return malformedQuery(refusal.detail);
    case 'wrong-service':
      return ofScope(
        refusal,
        `incorrect service "${refusal.given}". This endpoint belongs to "${refusal.expected}".`,
      );
    case 'wrong-region':
      return ofScope(refusal, `the region '${refusal.given}' is wrong; expecting '${refusal.expected}'`, {
        Region: refusal.expected,
      });
    case 'unsigned-headers':
      return new AwsError(
        'AccessDenied',
        'There were headers present in the request which were not signed',
        403,
        {
          HeadersNotSigned: refusal.names.join(', '),
        },
      );
    case 'skewed':
      return new AwsError(
        'RequestTimeTooSkewed',
        'The difference between the request time and the current time is too large.',
        403,
        {
          RequestTime: refusal.signedAt,
          // Clients correct their clocks by it.
          ServerTime: refusal.now.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)/, '$1-$2-$3T$4:$5:'),
          MaxAllowedSkewMilliseconds: '900000',
        },
      );
    case 'early':
      return new AwsError('AccessDenied', 'Request is not yet valid', 403, { ServerTime: refusal.now });
    case 'expired':
      return new AwsError('AccessDenied', 'Request has expired', 403, { ServerTime: refusal.now });
    case 'token':
      return new AwsError('InvalidToken', 'The provided token is malformed or otherwise invalid.');
    case 'expired-token':
      return new AwsError('ExpiredToken', 'The provided token has expired.');
    case 'unknown-key':
      return new AwsError(
        'InvalidAccessKeyId',
        'The AWS Access Key Id you provided does not exist in our records.',
        403,
        { AWSAccessKeyId: refusal.accessKeyId },
      );
    case 'mismatch':
      return new AwsError('SignatureDoesNotMatch', `${MISMATCH} key and signing method.`, 403);
  }
}

function queryError(refusal: SignatureRefusal): AwsError {
  const mismatch = (message: string) => new AwsError('SignatureDoesNotMatch', message, 403);
  switch (refusal.why) {
    case 'unsupported':
      return new AwsError('IncompleteSignature', 'Only AWS4-HMAC-SHA256 signatures are accepted.');
    case 'malformed':
    case 'malformed-query':
      return new AwsError('IncompleteSignature', refusal.detail);
    case 'wrong-service':
      return mismatch(`Credential should be scoped to correct service: '${refusal.expected}'.`);
    case 'wrong-region':
      return mismatch('Credential should be scoped to a valid region.');
    case 'unsigned-headers':
      return mismatch(`These headers must be signed: ${refusal.names.join(', ')}.`);
    case 'skewed':
    case 'early':
    case 'expired': {
      const at = 'signedAt' in refusal ? refusal.signedAt : '';
      return mismatch(
        at < refusal.now
          ? `Signature expired: ${at} is now earlier than ${refusal.now} less 5 min.`
          : `Signature not yet current: ${at} is still later than ${refusal.now} plus 5 min.`,
      );
    }
    case 'expired-token':
      return new AwsError('ExpiredToken', 'The security token included in the request is expired', 403);
    case 'token':
    case 'unknown-key':
      return new AwsError(
        'InvalidClientTokenId',
        'The security token included in the request is invalid.',
        403,
      );
    case 'mismatch':
      return mismatch(`${MISMATCH} AWS Secret Access Key and signing method.`);
  }
}
