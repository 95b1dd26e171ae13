import { type Output, oneOf, required } from '../../shape.ts';
import { initiate } from '../auth/initiate.ts';
import { respond } from '../auth/respond.ts';
import { attemptOf } from '../auth/sign-in-attempt.ts';
import { clientId, longStrings, poolId, session } from '../fields.ts';
import { open, signed } from '../operation.ts';

const initiateFields = {
  ClientId: required(clientId),
  AuthFlow: required(
    oneOf([
      'USER_SRP_AUTH',
      'REFRESH_TOKEN_AUTH',
      'REFRESH_TOKEN',
      'CUSTOM_AUTH',
      'ADMIN_NO_SRP_AUTH',
      'USER_PASSWORD_AUTH',
      'ADMIN_USER_PASSWORD_AUTH',
      'USER_AUTH',
    ]),
  ),
  AuthParameters: longStrings,
  Session: session,
};

const respondFields = {
  ClientId: required(clientId),
  ChallengeName: required(
    oneOf([
      'SMS_MFA',
      'EMAIL_OTP',
      'SOFTWARE_TOKEN_MFA',
      'SELECT_MFA_TYPE',
      'MFA_SETUP',
      'PASSWORD_VERIFIER',
      'CUSTOM_CHALLENGE',
      'SELECT_CHALLENGE',
      'DEVICE_SRP_AUTH',
      'DEVICE_PASSWORD_VERIFIER',
      'ADMIN_NO_SRP_AUTH',
      'NEW_PASSWORD_REQUIRED',
      'SMS_OTP',
      'PASSWORD',
      'WEB_AUTHN',
      'PASSWORD_SRP',
    ]),
  ),
  ChallengeResponses: longStrings,
  Session: session,
};

const responseOf = (input: Output<typeof respondFields>) => ({
  name: input.ChallengeName,
  session: input.Session,
  responses: input.ChallengeResponses ?? {},
});

export const authentication = {
  InitiateAuth: open(initiateFields, (context, input) =>
    initiate(attemptOf(context, input.ClientId), input.AuthFlow, input.AuthParameters ?? {}, 'public'),
  ),
  AdminInitiateAuth: signed({ UserPoolId: required(poolId), ...initiateFields }, (context, input) => {
    const attempt = attemptOf(context, input.ClientId, input.UserPoolId);
    return initiate(attempt, input.AuthFlow, input.AuthParameters ?? {}, 'admin');
  }),
  RespondToAuthChallenge: open(respondFields, (context, input) =>
    respond(attemptOf(context, input.ClientId), responseOf(input)),
  ),
  AdminRespondToAuthChallenge: signed({ UserPoolId: required(poolId), ...respondFields }, (context, input) =>
    respond(attemptOf(context, input.ClientId, input.UserPoolId), responseOf(input)),
  ),
};
