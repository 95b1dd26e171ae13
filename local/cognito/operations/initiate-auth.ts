import { oneOf, optional, required, strings, structure } from '../../shape.ts';
import { attemptOf } from '../auth/attempt.ts';
import { initiate } from '../auth/initiate.ts';
import { clientId, poolId, session } from '../fields.ts';
import { operation } from '../operation.ts';

const shared = {
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
  AuthParameters: optional(strings()),
  Session: optional(session),
};

export const initiateAuth = operation('InitiateAuth', 'public', structure(shared), (context, input) =>
  initiate(attemptOf(context, input.ClientId), input.AuthFlow, input.AuthParameters ?? {}, 'public'),
);

export const adminInitiateAuth = operation(
  'AdminInitiateAuth',
  'signed',
  structure({ UserPoolId: required(poolId), ...shared }),
  (context, input) => {
    const attempt = attemptOf(context, input.ClientId, input.UserPoolId);
    return initiate(attempt, input.AuthFlow, input.AuthParameters ?? {}, 'admin');
  },
);
