import { table } from '../../protocol/fields.ts';
import { command, type Hint, type HintLine } from '../command-line.ts';
import { type ErrorCode, UserError } from '../errors.ts';
import { foreignResponse, networkFailure } from '../network/network-failure.ts';

/** Hint for a user pool that was deleted outside edge-upload. CloudFormation does not notice that. */
export const REPLACE_POOL: readonly HintLine[] = [
  'If the user pool was deleted outside edge-upload, remove it from the stack, then create another, without users:',
  command`edge-upload deploy --no-user-pool --allow-data-loss`,
  command`edge-upload deploy --user-pool`,
];

/** How an error of Cognito is shown to the user. */
export interface CognitoErrorEntry {
  readonly code: ErrorCode;
  readonly hint: Hint;
  /** More specific hints, chosen by the text of the message. Nothing else depends on the text. */
  readonly hints?: readonly (readonly [text: RegExp, hint: Hint])[];
  /** Code and hint for operators, if they differ. */
  readonly operator?: {
    readonly code: ErrorCode;
    /** Replaces Cognito's message. */
    readonly why?: string;
    readonly hint: Hint;
    readonly hints?: CognitoErrorEntry['hints'];
  };
}

/** Reader of an error: a user who signs in, or an operator who administers users. */
export type Reader = 'user' | 'operator';

const NEW_TEMPORARY = [
  'Ask the operator for a new temporary password, which they get with:',
  command`edge-upload user reset <name>`,
];
const OPERATOR_POOL = [
  "The user pool's settings do not allow it. The operator fixes them with:",
  command`edge-upload deploy`,
];
const LATER = 'Run the same command again in a minute.';
const TRIGGER = 'A function that the operator attached to the user pool failed. Its log contains the reason.';
const SEE_USERS = ['List the users with:', command`edge-upload user list`];
const SEE_GROUPS = ['See the groups with:', command`edge-upload user groups`];
const CODE_AGAIN = 'Run the same command again, and type the newest code.';

/**
 * Errors of the operations used here, by Cognito's name:
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html#API_InitiateAuth_Errors
 * and the same for the other operations of signing in, of passwords and second factors, and of administering users.
 */
export const COGNITO_ERRORS = table<CognitoErrorEntry>({
  NotAuthorizedException: {
    code: 'sign_in_refused',
    hint: 'Check the user name and the password.',
    hints: [
      [/temporary password has expired|cannot be reset in the current state/i, NEW_TEMPORARY],
      [
        /attempts exceeded/i,
        'Wait: the time doubles with each wrong password, from one second to 15 minutes.',
      ],
      [
        /disabled/i,
        [
          'The operator has disabled this user, and enables it with:',
          command`edge-upload user enable <name>`,
        ],
      ],
      [/refresh token/i, ['Sign in again:', command`edge-upload login`]],
      [/session/i, 'The step took too long, or its response was sent twice. Run the same command again.'],
      [/secret/i, OPERATOR_POOL],
      [/timestamp/i, "Set this computer's clock, then run the same command again."],
    ],
    operator: {
      code: 'aws',
      hint: [
        'A user who has not signed in yet gets a new temporary password with:',
        command`edge-upload user reset <name>`,
      ],
    },
  },
  UserNotFoundException: {
    code: 'sign_in_refused',
    hint: 'Check the user name.',
    operator: { code: 'not_found', why: 'the user pool has no such user', hint: SEE_USERS },
  },
  UserNotConfirmedException: {
    code: 'sign_in_refused',
    hint: [
      'Ask the operator for a temporary password, which they get with:',
      command`edge-upload user reset <name>`,
    ],
  },
  PasswordResetRequiredException: {
    code: 'sign_in_refused',
    hint: [
      'Choose a new password with the code that was sent to you:',
      command`edge-upload password reset --have-code`,
    ],
  },
  InvalidPasswordException: { code: 'password_rejected', hint: 'Choose another password.' },
  PasswordHistoryPolicyViolationException: {
    code: 'password_rejected',
    hint: 'Choose a password that was not used before.',
  },
  RefreshTokenReuseException: { code: 'not_signed_in', hint: ['Sign in again:', command`edge-upload login`] },
  CodeMismatchException: { code: 'sign_in_refused', hint: CODE_AGAIN },
  ExpiredCodeException: { code: 'sign_in_refused', hint: CODE_AGAIN },
  EnableSoftwareTokenMFAException: { code: 'sign_in_refused', hint: CODE_AGAIN },
  MFAMethodNotFoundException: { code: 'challenge_unsupported', hint: OPERATOR_POOL },
  SoftwareTokenMFANotFoundException: { code: 'challenge_unsupported', hint: OPERATOR_POOL },
  InvalidParameterException: {
    code: 'sign_in_refused',
    hint: 'Run the same command again with --debug to see more.',
    hints: [
      [/cannot reset password/i, NEW_TEMPORARY],
      [/flow|not enabled|not supported/i, OPERATOR_POOL],
      [/attribute|non-mutable|email|phone/i, 'Give the attribute with --attribute name=value.'],
    ],
    operator: { code: 'usage', hint: ['See:', command`edge-upload user --help`] },
  },
  ResourceNotFoundException: {
    code: 'sign_in_refused',
    hint: 'The user pool no longer exists: the edge was destroyed or deployed again. Ask the operator for the new address.',
    operator: {
      code: 'stack_missing',
      hint: REPLACE_POOL,
      hints: [[/group/i, SEE_GROUPS]],
    },
  },
  AliasExistsException: {
    code: 'sign_in_refused',
    hint: 'Another user has that e-mail address or telephone number; ask the operator.',
    operator: { code: 'exists', hint: SEE_USERS },
  },
  UsernameExistsException: {
    code: 'exists',
    hint: ['Sign in with:', command`edge-upload login --username <name>`],
    operator: { code: 'exists', hint: SEE_USERS },
  },
  GroupExistsException: { code: 'exists', hint: SEE_GROUPS },
  UnsupportedUserStateException: {
    code: 'aws',
    hint: ['The user already has a password:', command`edge-upload login`],
    operator: { code: 'aws', hint: ['See what the user has with:', command`edge-upload user show <name>`] },
  },
  ForbiddenException: {
    code: 'forbidden',
    hint: "The user pool's firewall refused the request. Try another network, or ask the operator.",
  },
  TooManyRequestsException: { code: 'throttled', hint: LATER },
  LimitExceededException: {
    code: 'throttled',
    hint: 'Too many attempts. Wait a few minutes.',
    operator: { code: 'aws', hint: 'A quota of Cognito is exceeded. AWS raises some quotas on request.' },
  },
  TooManyFailedAttemptsException: { code: 'throttled', hint: 'Too many attempts. Wait a few minutes.' },
  ConcurrentModificationException: { code: 'aws', hint: LATER },
  InternalErrorException: { code: 'aws', hint: LATER },
  UserLambdaValidationException: { code: 'sign_in_refused', hint: TRIGGER },
  UnexpectedLambdaException: { code: 'aws', hint: TRIGGER },
  InvalidLambdaResponseException: { code: 'aws', hint: TRIGGER },
  CodeDeliveryFailureException: {
    code: 'aws',
    hint: 'The code could not be sent; the operator can see why.',
    operator: {
      code: 'aws',
      hint: [
        "Check the pool's e-mail settings. To print a password instead:",
        command`edge-upload user reset <name>`,
      ],
    },
  },
  InvalidSmsRoleAccessPolicyException: { code: 'aws', hint: OPERATOR_POOL },
  InvalidSmsRoleTrustRelationshipException: { code: 'aws', hint: OPERATOR_POOL },
  InvalidEmailRoleAccessPolicyException: { code: 'aws', hint: OPERATOR_POOL },
  InvalidUserPoolConfigurationException: { code: 'aws', hint: OPERATOR_POOL },
  FeatureUnavailableInTierException: { code: 'aws', hint: OPERATOR_POOL },
  OperationNotEnabledException: { code: 'aws', hint: OPERATOR_POOL },
  UnsupportedOperationException: { code: 'aws', hint: OPERATOR_POOL },
  UnsupportedTokenTypeException: { code: 'aws', hint: OPERATOR_POOL },
  UnauthorizedException: { code: 'sign_in_refused', hint: ['Sign in again:', command`edge-upload login`] },
  PreconditionNotMetException: { code: 'aws', hint: LATER },
});

/** Returns the name of an AWS error, such as `NotAuthorizedException`; `undefined` for other errors. */
export function awsErrorName(error: unknown): string | undefined {
  return error instanceof Error && '$fault' in error ? error.name : undefined;
}

/** Whether the SDK had sent the request before. The first response may have been lost after the request was executed. */
export function wasRepeated(error: unknown): boolean {
  const { $metadata } = error as { $metadata?: { attempts?: number } };
  return ($metadata?.attempts ?? 1) > 1;
}

/** Returns a service's message without its full stop. It may not be text: a proxy can respond instead. */
export function wordsOf({ message }: { readonly message: unknown }): string {
  const text = typeof message === 'string' ? message.replace(/\.?\s*$/, '') : '';
  return text === '' ? 'no reason given' : text;
}

/**
 * Returns the error to print for a failed call to Cognito.
 * @param doing start of the message, such as `Signing in as ada`
 * @param host host of the endpoint, for network failures
 */
export function cognitoFailure(
  error: unknown,
  doing: string,
  host: string,
  reader: Reader = 'user',
): UserError {
  const name = awsErrorName(error);
  if (name === 'UnknownError') return foreignResponse(error, host);
  if (error instanceof Error && name !== undefined) return serviceError(error, name, doing, reader);
  return (
    networkFailure(error, host) ??
    new UserError(
      'unexpected',
      `${doing} failed: ${error instanceof Error ? error.message : String(error)}`,
      {
        hint: 'Run the same command again with --debug to see where.',
        cause: error,
      },
    )
  );
}

function serviceError(error: Error, name: string, doing: string, reader: Reader): UserError {
  const reason = wordsOf(error);
  const entry = COGNITO_ERRORS[name];
  if (entry === undefined) {
    return new UserError('aws', `${doing} failed: ${reason} (${name}).`, {
      hint: 'Run the same command again with --debug to see more.',
      cause: error,
    });
  }
  const forOperator = reader === 'operator' ? entry.operator : undefined;
  const shown = forOperator ?? entry;
  const better = shown.hints?.find(([text]) => text.test(reason))?.[1];
  const isRefusal = !['throttled', 'aws'].includes(shown.code) && forOperator?.why === undefined;
  return new UserError(
    shown.code,
    `${doing} ${isRefusal ? 'was refused' : 'failed'}: ${forOperator?.why ?? reason}.`,
    {
      hint: better ?? shown.hint,
      cause: error,
    },
  );
}
