import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as sdk from '@aws-sdk/client-cognito-identity-provider';
import { type Hint, InUse } from '../../../cli/command-line.ts';
import { ERROR_EXIT, UserError } from '../../../cli/errors.ts';
import { COGNITO_ERRORS, cognitoFailure } from '../../../cli/identity/cognito-errors.ts';

/** Errors in the SDK's model of the operations in use: sign-in, passwords, second factors, administration of users. */
const MODELLED = [
  'CodeDeliveryFailureException',
  'ConcurrentModificationException',
  'EnableSoftwareTokenMFAException',
  'GroupExistsException',
  'LimitExceededException',
  'PreconditionNotMetException',
  'TooManyFailedAttemptsException',
  'UnsupportedUserStateException',
  'UsernameExistsException',
  'AliasExistsException',
  'CodeMismatchException',
  'ExpiredCodeException',
  'FeatureUnavailableInTierException',
  'ForbiddenException',
  'InternalErrorException',
  'InvalidEmailRoleAccessPolicyException',
  'InvalidLambdaResponseException',
  'InvalidParameterException',
  'InvalidPasswordException',
  'InvalidSmsRoleAccessPolicyException',
  'InvalidSmsRoleTrustRelationshipException',
  'InvalidUserPoolConfigurationException',
  'MFAMethodNotFoundException',
  'NotAuthorizedException',
  'OperationNotEnabledException',
  'PasswordHistoryPolicyViolationException',
  'PasswordResetRequiredException',
  'RefreshTokenReuseException',
  'ResourceNotFoundException',
  'SoftwareTokenMFANotFoundException',
  'TooManyRequestsException',
  'UnauthorizedException',
  'UnexpectedLambdaException',
  'UnsupportedOperationException',
  'UnsupportedTokenTypeException',
  'UserLambdaValidationException',
  'UserNotConfirmedException',
  'UserNotFoundException',
] as const;

function awsError(name: string, message: string): Error {
  return new sdk.CognitoIdentityProviderServiceException({ name, message, $fault: 'client', $metadata: {} });
}

test('lists every error of the Cognito operations in use', () => {
  for (const name of MODELLED) assert.ok(COGNITO_ERRORS[name], name);
});

test('reports a response without an error of Cognito, such as that of a captive portal, as one of the network', () => {
  const $metadata = { httpStatusCode: 302 };
  const unknown = Object.assign(awsError('UnknownError', 'Unknown'), { $metadata });
  const error = cognitoFailure(unknown, 'Signing in as ada', 'pool.example');
  assert.equal(error.code, 'unreachable');
  assert.match(error.message, /^pool\.example cannot be used: it responded with HTTP 302/);
  assert.match(error.hint ?? '', /sign-in page of a network/);
});

const textOf = (hint: Hint) => new InUse().lines(hint).join('\n');

test('maps each SDK error to a code, a hint and an exit code', () => {
  for (const [name, { code, hint, hints = [] }] of Object.entries(COGNITO_ERRORS)) {
    assert.ok(name in sdk, name);
    const failure = cognitoFailure(awsError(name, 'Said so.'), 'Signing in as ada', 'cognito.example');
    assert.equal(failure.code, code);
    assert.equal(failure.exitCode, ERROR_EXIT[code]);
    assert.equal(failure.hint, textOf(hint));
    assert.match(failure.message, /^Signing in as ada (was refused|failed): Said so\.$/);
    for (const one of [hint, ...hints.map(([, text]) => text)])
      assert.match(textOf(one), /^[A-Z].*(?:\.|:\n {2}edge-upload .*)$/s);
  }
});

test('has other hints for operators', () => {
  for (const [name, { code, hint, hints = [], operator }] of Object.entries(COGNITO_ERRORS)) {
    const failure = cognitoFailure(awsError(name, 'Said so.'), 'Adding ada', 'AWS', 'operator');
    assert.equal(failure.code, operator?.code ?? code, name);
    assert.deepEqual(failure.hintLines, [operator?.hint ?? hint].flat(), name);
    if (operator === undefined) continue;
    assert.match(textOf(operator.hint), /edge-upload|Cognito/, name);
    assert.ok(!hints.some(([, text]) => text === operator.hint), name);
  }
});

test('chooses more specific hints by Cognito’s message', () => {
  const said: readonly (readonly [string, RegExp])[] = [
    ['Incorrect username or password.', /user name and the password/],
    ['Temporary password has expired and must be reset by an administrator.', /new temporary password/],
    ['Password attempts exceeded', /Wait/],
    ['User is disabled.', /enable/],
    ['Refresh Token has been revoked', /Sign in again/],
    ['Invalid session for the user, session is expired.', /Run the same command again/],
    ['Client abc is configured with secret but SECRET_HASH was not received', /settings/],
  ];
  for (const [message, hint] of said) {
    const failure = cognitoFailure(
      awsError('NotAuthorizedException', message),
      'Signing in',
      'cognito.example',
    );
    assert.equal(failure.code, 'sign_in_refused');
    assert.match(failure.hint ?? '', hint);
  }
});

test('shows an unknown error of Cognito by its name', () => {
  const failure = cognitoFailure(awsError('BrandNewException', 'Odd'), 'Signing in', 'cognito.example');
  assert.deepEqual([failure.code, failure.exitCode], ['aws', 8]);
  assert.match(failure.message, /Odd \(BrandNewException\)/);
});

test('maps failures without a response: network errors, own errors, all others', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const network = cognitoFailure(refused, 'Signing in', 'cognito.example');
  assert.equal(network.code, 'unreachable');
  assert.match(network.message, /cognito\.example/);
  const own = new UserError('usage', 'mine');
  assert.equal(cognitoFailure(own, 'Signing in', 'cognito.example'), own);
  assert.equal(cognitoFailure(new TypeError('x'), 'Signing in', 'cognito.example').code, 'unexpected');
});
