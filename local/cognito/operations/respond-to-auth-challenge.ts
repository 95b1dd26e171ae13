import { type Infer, oneOf, optional, required, strings, structure } from '../../shape.ts';
import { attemptOf } from '../auth/attempt.ts';
import { respond } from '../auth/respond.ts';
import { clientId, poolId, session } from '../fields.ts';
import { operation } from '../operation.ts';

const shared = {
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
  ChallengeResponses: optional(strings()),
  Session: optional(session),
};

const publicInput = structure(shared);

const responseOf = (input: Infer<typeof publicInput>) => ({
  name: input.ChallengeName,
  session: input.Session,
  responses: input.ChallengeResponses ?? {},
});

export const respondToAuthChallenge = operation(
  'RespondToAuthChallenge',
  'public',
  publicInput,
  (context, input) => respond(attemptOf(context, input.ClientId), responseOf(input)),
);

export const adminRespondToAuthChallenge = operation(
  'AdminRespondToAuthChallenge',
  'signed',
  structure({ UserPoolId: required(poolId), ...shared }),
  (context, input) => respond(attemptOf(context, input.ClientId, input.UserPoolId), responseOf(input)),
);
