import { AwsError, notSupported } from '../wire/errors.ts';

/** Errors of the user pool API, all HTTP 400. Codes and texts are AWS's, because clients match on them. */
export const notAuthorized = (message: string) => new AwsError('NotAuthorizedException', message);
export const invalidParameter = (message: string) => new AwsError('InvalidParameterException', message);
export const resourceNotFound = (message: string) => new AwsError('ResourceNotFoundException', message);
export const invalidPassword = (message: string) => new AwsError('InvalidPasswordException', message);

export const userNotFound = () => new AwsError('UserNotFoundException', 'User does not exist.');
export const wrongCredentials = () => notAuthorized('Incorrect username or password.');
export const userDisabled = () => notAuthorized('User is disabled.');
export const invalidSession = () => notAuthorized('Invalid session for the user.');
export const codeMismatch = (message = 'Invalid verification code provided, please try again.') =>
  new AwsError('CodeMismatchException', message);
export const expiredCode = () =>
  new AwsError('ExpiredCodeException', 'Invalid code provided, please request a code again.');

export const notInTier = (what: string, tier: string) =>
  new AwsError(
    'FeatureUnavailableInTierException',
    `${what} is not available in the feature plan ${tier} of this user pool.`,
  );

/** Names a feature of Cognito that the embedded cloud does not have. */
export const notEmbedded = (what: string) => notSupported(what, 'InvalidParameterException');
