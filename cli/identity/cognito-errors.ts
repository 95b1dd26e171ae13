import { type ErrorCode, isUserError, UserError } from '../errors.ts';
import { networkFailure } from '../network/failures.ts';

/** How one of Cognito's errors meets the user. */
export interface CognitoErrorEntry {
  readonly code: ErrorCode;
  readonly hint: string;
  /** Better hints where the message says more; the text decides about nothing else. */
  readonly hints?: readonly (readonly [text: RegExp, hint: string])[];
}

const NEW_TEMPORARY =
  'Ask the operator for a new temporary password: edge-upload login --create --email <address>';
const OPERATOR_POOL =
  "The user pool's settings are in the way; the operator sets them right with: edge-upload deploy";
const LATER = 'Run the same command again in a minute.';
const TRIGGER = 'A function that the operator attached to the user pool failed; its log says why.';
const CODE_AGAIN = 'Run the same command again, and type the newest code.';

/**
 * Every error of the operations used here, by the name that Cognito gives it:
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html#API_InitiateAuth_Errors
 * and the same for RespondToAuthChallenge, GetTokensFromRefreshToken, RevokeToken and AdminCreateUser.
 */
export const COGNITO_ERRORS: Readonly<Record<string, CognitoErrorEntry>> = {
  NotAuthorizedException: {
    code: 'sign_in_refused',
    hint: 'Check the user name and the password.',
    hints: [
      [/temporary password has expired/i, NEW_TEMPORARY],
      [
        /attempts exceeded/i,
        'Wait: the time doubles with each wrong password, from one second to 15 minutes.',
      ],
      [/disabled/i, 'The operator has disabled this user, and can enable it again.'],
      [/refresh token/i, 'Sign in again: edge-upload login'],
      [/session/i, 'It took too long, or the answer was sent twice. Run the same command again.'],
      [/secret/i, OPERATOR_POOL],
      [/timestamp/i, "Set this computer's clock, then run the same command again."],
    ],
  },
  UserNotFoundException: { code: 'sign_in_refused', hint: 'Check the user name.' },
  UserNotConfirmedException: {
    code: 'sign_in_refused',
    hint: 'The operator confirms the user, or makes a new one with: edge-upload login --create --email <address>',
  },
  PasswordResetRequiredException: {
    code: 'sign_in_refused',
    hint: 'The operator has asked for a new password; ask for a temporary one, or for the code that was sent.',
  },
  InvalidPasswordException: { code: 'password_rejected', hint: 'Choose another password.' },
  PasswordHistoryPolicyViolationException: {
    code: 'password_rejected',
    hint: 'Choose a password that was not used before.',
  },
  RefreshTokenReuseException: { code: 'not_signed_in', hint: 'Sign in again: edge-upload login' },
  CodeMismatchException: { code: 'sign_in_refused', hint: CODE_AGAIN },
  ExpiredCodeException: { code: 'sign_in_refused', hint: CODE_AGAIN },
  MFAMethodNotFoundException: { code: 'challenge_unsupported', hint: OPERATOR_POOL },
  SoftwareTokenMFANotFoundException: { code: 'challenge_unsupported', hint: OPERATOR_POOL },
  InvalidParameterException: {
    code: 'sign_in_refused',
    hint: 'With --debug it shows more.',
    hints: [
      [/flow|not enabled|not supported/i, OPERATOR_POOL],
      [/attribute|non-mutable|email|phone/i, 'Give the attribute with --attribute name=value.'],
    ],
  },
  ResourceNotFoundException: {
    code: 'sign_in_refused',
    hint: 'The user pool is gone: the edge was destroyed or deployed anew. Ask the operator for its address.',
  },
  AliasExistsException: {
    code: 'sign_in_refused',
    hint: 'Another user has that e-mail address or telephone number; ask the operator.',
  },
  UsernameExistsException: { code: 'exists', hint: 'Sign in with: edge-upload login --username <name>' },
  UnsupportedUserStateException: { code: 'aws', hint: 'The user has a password already: edge-upload login' },
  ForbiddenException: {
    code: 'forbidden',
    hint: "A firewall of the user pool's refused the request; try another network, or ask the operator.",
  },
  TooManyRequestsException: { code: 'throttled', hint: LATER },
  LimitExceededException: { code: 'throttled', hint: 'Too many tries: wait for some minutes.' },
  TooManyFailedAttemptsException: { code: 'throttled', hint: 'Too many tries: wait for some minutes.' },
  InternalErrorException: { code: 'aws', hint: LATER },
  UserLambdaValidationException: { code: 'sign_in_refused', hint: TRIGGER },
  UnexpectedLambdaException: { code: 'aws', hint: TRIGGER },
  InvalidLambdaResponseException: { code: 'aws', hint: TRIGGER },
  CodeDeliveryFailureException: {
    code: 'aws',
    hint: 'The code could not be sent; the operator can see why.',
  },
  InvalidSmsRoleAccessPolicyException: { code: 'aws', hint: OPERATOR_POOL },
  InvalidSmsRoleTrustRelationshipException: { code: 'aws', hint: OPERATOR_POOL },
  InvalidEmailRoleAccessPolicyException: { code: 'aws', hint: OPERATOR_POOL },
  InvalidUserPoolConfigurationException: { code: 'aws', hint: OPERATOR_POOL },
  FeatureUnavailableInTierException: { code: 'aws', hint: OPERATOR_POOL },
  OperationNotEnabledException: { code: 'aws', hint: OPERATOR_POOL },
  UnsupportedOperationException: { code: 'aws', hint: OPERATOR_POOL },
  UnsupportedTokenTypeException: { code: 'aws', hint: OPERATOR_POOL },
  UnauthorizedException: { code: 'sign_in_refused', hint: 'Sign in again: edge-upload login' },
  PreconditionNotMetException: { code: 'aws', hint: LATER },
};

/** The name of an AWS error, such as `NotAuthorizedException`; `undefined` for what is no error of a service. */
export function awsErrorName(error: unknown): string | undefined {
  return error instanceof Error && '$fault' in error ? error.name : undefined;
}

/**
 * A failed call to Cognito as a user meets it.
 * @param doing what was refused, as a sentence begins: `Signing in as ada`
 * @param host the endpoint, for failures of the network
 */
export function cognitoFailure(error: unknown, doing: string, host: string): UserError {
  if (isUserError(error)) return error;
  const name = awsErrorName(error);
  if (error instanceof Error && name !== undefined) {
    const said = error.message.replace(/\.?\s*$/, '');
    const entry = COGNITO_ERRORS[name];
    if (entry === undefined) {
      return new UserError('aws', `${doing} failed: ${said} (${name}).`, {
        hint: 'Run the same command again; with --debug it shows more.',
        cause: error,
      });
    }
    const better = entry.hints?.find(([text]) => text.test(error.message));
    const verb = entry.code === 'throttled' || entry.code === 'aws' ? 'failed' : 'was refused';
    return new UserError(entry.code, `${doing} ${verb}: ${said}.`, {
      hint: better?.[1] ?? entry.hint,
      cause: error,
    });
  }
  return (
    networkFailure(error, host) ??
    new UserError(
      'unexpected',
      `${doing} failed: ${error instanceof Error ? error.message : String(error)}`,
      {
        hint: 'Run the command again with --debug to see where.',
        cause: error,
      },
    )
  );
}
