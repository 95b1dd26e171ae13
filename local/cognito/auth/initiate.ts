import type { JsonObject } from '../../json.ts';
import { requestPasswordProof } from '../challenges/password-verifier.ts';
import { invalidParameter, notEmbedded, userNotFound, wrongCredentials } from '../errors.ts';
import { allowsFlow, hidesUsers, isRotating } from '../resources/client-properties.ts';
import { fakeVerifier, passwordMatches } from '../srp.ts';
import { checkEarly, proceed } from './proceed.ts';
import { refresh } from './refresh.ts';
import {
  checkProof,
  checkSecretHash,
  needed,
  type Parameters,
  type SignInAttempt,
} from './sign-in-attempt.ts';

/** Checks a plain password against the same verifier as SRP does. */
function signInWithPassword(attempt: SignInAttempt, parameters: Parameters): JsonObject {
  const { pool, client } = attempt;
  const name = needed(parameters, 'USERNAME');
  const password = needed(parameters, 'PASSWORD');
  checkSecretHash(client, [name], parameters.SECRET_HASH);
  const user = pool.findUser(name);
  if (!user) {
    if (!hidesUsers(client.settings)) throw userNotFound();
    passwordMatches(pool.account(name), password, fakeVerifier(pool.record.pepper, name));
    throw wrongCredentials();
  }
  checkEarly(attempt, user);
  checkProof(attempt, user, () => passwordMatches(pool.account(user.username), password, user.credential));
  return proceed(attempt, user, 'password');
}

function refreshInFlow(attempt: SignInAttempt, parameters: Parameters): JsonObject {
  const { settings } = attempt.client;
  if (isRotating(settings) || !allowsFlow(settings, 'refresh')) {
    throw invalidParameter('REFRESH_TOKEN_AUTH flow not enabled for this client');
  }
  return {
    AuthenticationResult: refresh(attempt, needed(parameters, 'REFRESH_TOKEN'), (names) =>
      checkSecretHash(attempt.client, names, parameters.SECRET_HASH),
    ),
    ChallengeParameters: {},
  };
}

function startSrp(attempt: SignInAttempt, parameters: Parameters): JsonObject {
  if (!allowsFlow(attempt.client.settings, 'srp')) {
    throw invalidParameter('USER_SRP_AUTH is not enabled for the client.');
  }
  return requestPasswordProof(attempt, parameters);
}

/** @throws AwsError `InvalidParameterException` for a flow that the client does not allow */
export function initiate(
  attempt: SignInAttempt,
  flow: string,
  parameters: Parameters,
  caller: 'admin' | 'public',
): JsonObject {
  const { settings } = attempt.client;
  if (parameters.DEVICE_KEY !== undefined) throw notEmbedded('DEVICE_KEY');
  switch (flow) {
    case 'USER_SRP_AUTH':
      return startSrp(attempt, parameters);
    case 'REFRESH_TOKEN':
    case 'REFRESH_TOKEN_AUTH':
      return refreshInFlow(attempt, parameters);
    case 'USER_PASSWORD_AUTH':
      if (caller === 'admin') break;
      if (!allowsFlow(settings, 'password')) {
        throw invalidParameter('USER_PASSWORD_AUTH flow not enabled for this client');
      }
      return signInWithPassword(attempt, parameters);
    case 'ADMIN_NO_SRP_AUTH':
    case 'ADMIN_USER_PASSWORD_AUTH':
      if (caller === 'public') break;
      if (!allowsFlow(settings, 'admin-password')) {
        throw invalidParameter('Auth flow not enabled for this client');
      }
      return signInWithPassword(attempt, parameters);
    default:
      throw notEmbedded(`the flow ${flow}`);
  }
  throw invalidParameter('Initiate Auth method not supported.');
}
