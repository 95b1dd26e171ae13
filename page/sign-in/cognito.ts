import { type Fields, fieldsOf, numberIn, textIn } from '../../protocol/fields.ts';
import { claimTimestamp, type SrpClient, startSrp } from '../../protocol/srp.ts';
import type { PoolAddress } from '../settings.ts';
import { callService } from './call-service.ts';
import { type RefreshRequests, type SignedIn, SignInError, type SignInProblem } from './signed-in.ts';

/** What Cognito asks for after the password. `secret` is a key for an authenticator app, in base32. */
export type Question =
  | { readonly kind: 'newPassword' }
  | { readonly kind: 'code' }
  | { readonly kind: 'appCode'; readonly secret: string };

/** Asks the person. `problem` says why the last input was not accepted. */
type Ask = (question: Question, problem?: SignInProblem) => Promise<string>;

const PROBLEMS: Readonly<Record<string, SignInProblem>> = {
  NotAuthorizedException: 'signInFailed',
  UserNotFoundException: 'signInFailed',
  PasswordResetRequiredException: 'resetNeeded',
  TooManyRequestsException: 'signInLater',
  LimitExceededException: 'signInLater',
  TooManyFailedAttemptsException: 'signInLater',
  CodeMismatchException: 'codeWrong',
  ExpiredCodeException: 'codeWrong',
  EnableSoftwareTokenMFAException: 'codeWrong',
  InvalidPasswordException: 'passwordRejected',
  PasswordHistoryPolicyViolationException: 'passwordRejected',
};

/** Meanings of NotAuthorizedException by its message. Cognito has no codes for them. */
const NOT_AUTHORIZED: readonly (readonly [RegExp, SignInProblem])[] = [
  [/temporary password has expired/i, 'resetNeeded'],
  [/attempts exceeded/i, 'signInLater'],
  [/disabled/i, 'disabled'],
  [/session/i, 'tookTooLong'],
];

function problemOf(name: string, message: string): SignInProblem {
  const meant = NOT_AUTHORIZED.find(([pattern]) => pattern.test(message));
  if (name === 'NotAuthorizedException' && meant !== undefined) return meant[1];
  return (Object.hasOwn(PROBLEMS, name) ? PROBLEMS[name] : undefined) ?? 'signInBroken';
}

/** Problems after which the person can enter another value. */
const ANSWERS: ReadonlySet<SignInProblem> = new Set(['codeWrong', 'passwordRejected']);

/** Maximum inputs of a sign-in: password, new password and code, each repeated a few times. */
const MAX_ANSWERS = 20;

/**
 * Calls an operation that needs no credentials:
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/
 */
async function call({ endpoint }: PoolAddress, operation: string, body: object): Promise<Fields> {
  const { ok, document: response } = await callService(`${endpoint}/`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
    },
    body: JSON.stringify(body),
  });
  if (ok) return response;
  const name = String(response.__type).replace(/^.*#/, '');
  throw new SignInError(problemOf(name, String(response.message)));
}

/** Authenticator apps show a code in groups of digits. */
const digitsOf = (code: string) => code.replace(/\s/g, '');

/**
 * Returns the problem that the person can correct.
 * @throws the error, if there is none
 */
function toAnswerAgain(error: unknown): SignInProblem {
  if (error instanceof SignInError && ANSWERS.has(error.problem)) return error.problem;
  throw error;
}

function tokensOf({ AuthenticationResult: result }: Fields): SignedIn | undefined {
  const { AccessToken, ExpiresIn, RefreshToken } = fieldsOf(result);
  const [token, refreshToken] = [AccessToken, RefreshToken].map(textIn);
  if (token === undefined) return undefined;
  return { token, expiresIn: numberIn(ExpiresIn) ?? 0, ...(refreshToken !== undefined && { refreshToken }) };
}

interface Attempt {
  readonly pool: PoolAddress;
  readonly username: string;
  readonly password: string;
  readonly ask: Ask;
  /** Returns the time that Cognito compares with its own. */
  readonly now: () => Date;
}

/**
 * Signs in with SRP: the password never leaves the page.
 * @throws {SignInError}
 */
export async function signInToPool(attempt: Attempt): Promise<SignedIn> {
  const { pool, username } = attempt;
  const srp = startSrp();
  let response = await call(pool, 'InitiateAuth', {
    AuthFlow: 'USER_SRP_AUTH',
    ClientId: pool.clientId,
    AuthParameters: { USERNAME: username, SRP_A: srp.publicValue },
  });
  let problem: SignInProblem | undefined;
  for (let answers = 0; answers < MAX_ANSWERS; answers += 1) {
    const tokens = tokensOf(response);
    if (tokens !== undefined) return tokens;
    const name = textIn(response.ChallengeName) ?? '';
    const given = fieldsOf(response.ChallengeParameters);
    const first = textIn(response.Session);
    const session = name === 'MFA_SETUP' ? await setUpApp(attempt, first) : first;
    const responses = await respond(attempt, { srp, name, given, problem });
    try {
      response = await call(pool, 'RespondToAuthChallenge', {
        ClientId: pool.clientId,
        ChallengeName: name,
        Session: session,
        ChallengeResponses: { USERNAME: textIn(given.USER_ID_FOR_SRP) ?? username, ...responses },
      });
      problem = undefined;
    } catch (error) {
      problem = toAnswerAgain(error);
    }
  }
  throw new SignInError('signInBroken');
}

/** A challenge of Cognito, and the state that its responses need. */
interface Challenge {
  readonly srp: SrpClient;
  readonly name: string;
  readonly given: Fields;
  /** Why the last response was not accepted. */
  readonly problem: SignInProblem | undefined;
}

/** Returns the responses to a challenge. Asks the person for what the page does not know. */
async function respond(attempt: Attempt, { srp, name, given, problem }: Challenge): Promise<Fields> {
  const { ask } = attempt;
  switch (name) {
    case 'PASSWORD_VERIFIER':
      return provePassword(attempt, srp, given);
    case 'NEW_PASSWORD_REQUIRED':
      // Only the command line asks for attributes that the administrator did not set.
      if (!['', '[]'].includes(textIn(given.requiredAttributes) ?? '')) throw new SignInError('notHere');
      return { NEW_PASSWORD: await ask({ kind: 'newPassword' }, problem) };
    case 'SOFTWARE_TOKEN_MFA':
      return { SOFTWARE_TOKEN_MFA_CODE: digitsOf(await ask({ kind: 'code' }, problem)) };
    case 'MFA_SETUP':
      return {};
    default:
      throw new SignInError('notHere');
  }
}

async function provePassword(
  { pool, password, now }: Attempt,
  srp: SrpClient,
  { USER_ID_FOR_SRP, SALT, SRP_B, SECRET_BLOCK }: Fields,
): Promise<Fields> {
  const [userId, salt, publicValue, secretBlock] = [USER_ID_FOR_SRP, SALT, SRP_B, SECRET_BLOCK].map(textIn);
  if (userId === undefined || salt === undefined || publicValue === undefined || secretBlock === undefined) {
    throw new SignInError('signInBroken');
  }
  const timestamp = claimTimestamp(now());
  const account = { userPoolId: pool.userPoolId, userId, password };
  const signature = await srp.sign(account, { salt, publicValue, secretBlock }, timestamp).catch(() => {
    throw new SignInError('signInBroken');
  });
  return {
    PASSWORD_CLAIM_SECRET_BLOCK: secretBlock,
    PASSWORD_CLAIM_SIGNATURE: signature,
    TIMESTAMP: timestamp,
  };
}

/**
 * Shows the key for an authenticator app, and asks for a code until it is correct. Returns the session that completes
 * the setup.
 */
async function setUpApp({ pool, ask }: Attempt, first: string | undefined): Promise<string | undefined> {
  const { SecretCode, Session } = await call(pool, 'AssociateSoftwareToken', { Session: first });
  const secret = textIn(SecretCode);
  // The key becomes part of a URL that opens an app.
  if (secret === undefined || !/^[A-Z2-7]+$/i.test(secret)) throw new SignInError('signInBroken');
  for (let wrong: SignInProblem | undefined; ; ) {
    const UserCode = digitsOf(await ask({ kind: 'appCode', secret }, wrong));
    try {
      return textIn((await call(pool, 'VerifySoftwareToken', { Session, UserCode })).Session);
    } catch (error) {
      wrong = toAnswerAgain(error);
    }
  }
}

/** Returns the requests that refresh and end a sign-in at the pool. They throw {@link SignInError}. */
export function poolRefresh(pool: PoolAddress): RefreshRequests {
  const { clientId: ClientId } = pool;
  return {
    async renew(RefreshToken) {
      const tokens = tokensOf(await call(pool, 'GetTokensFromRefreshToken', { ClientId, RefreshToken }));
      if (tokens === undefined) throw new SignInError('signInBroken');
      return tokens;
    },
    async revoke(Token) {
      await call(pool, 'RevokeToken', { ClientId, Token });
    },
  };
}
