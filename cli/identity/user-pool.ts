import type {
  AuthenticationResultType,
  RespondToAuthChallengeCommandOutput,
} from '@aws-sdk/client-cognito-identity-provider';
import { omitUndefined } from '../../protocol/fields.ts';
import { isTokenText } from '../../protocol/issuer.ts';
import type { Context } from '../context.ts';
import { interrupted, UserError } from '../errors.ts';
import { type PoolPlace, poolEndpoint, publicCognito } from '../network/aws.ts';
import type { Target } from '../settings/target.ts';
import { cognitoFailure } from './cognito-errors.ts';
import { discover } from './discovery.ts';
import { poolElsewhere } from './pool-elsewhere.ts';
import { loginCommand } from './sign-in/username.ts';

/** User pool that an edge trusts, and the app client whose tokens it accepts. */
export interface PoolAddress extends PoolPlace {
  readonly userPoolId: string;
  readonly clientId: string;
}

/** Result of a sign-in. */
export interface Tokens {
  readonly accessToken: string;
  /** Seconds after it was issued. */
  readonly expiresIn: number;
  /** Absent after a refresh without rotation: the old token stays valid. */
  readonly refreshToken?: string;
}

/** Challenge that Cognito requires before it issues tokens. */
export interface Challenge {
  /** Such as `PASSWORD_VERIFIER`; see ChallengeNameType of Cognito's API. */
  readonly name: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** Sent back with the answer; Cognito accepts each session once. */
  readonly session?: string;
}

export type Step =
  | { readonly tokens: Tokens; readonly challenge?: never }
  | { readonly challenge: Challenge; readonly tokens?: never };

/** Operations of Cognito that need no AWS credentials. Errors are those of the SDK. */
export interface UserPool {
  readonly address: PoolAddress;
  /** Host that network errors name. */
  readonly host: string;
  /** Starts a sign-in by SRP. */
  initiate(username: string, publicValue: string): Promise<Step>;
  respond(challenge: Challenge, answers: Readonly<Record<string, string>>): Promise<Step>;
  /** Returns a secret for an authenticator app during MFA_SETUP, and the next session. */
  associateApp(session: string | undefined): Promise<{ readonly secret: string; readonly session?: string }>;
  /** Verifies the code of the app; returns the session that ends the set-up. */
  verifyApp(session: string | undefined, code: string): Promise<string | undefined>;
  /** Calls GetTokensFromRefreshToken, which works with and without refresh token rotation. */
  refresh(refreshToken: string): Promise<Tokens>;
  /** Revokes a refresh token and its access tokens for calls to Cognito. The edge still accepts those access tokens. */
  revoke(refreshToken: string): Promise<void>;
  /** Sends both passwords to Cognito over TLS. */
  changePassword(
    accessToken: string,
    passwords: { readonly old: string; readonly new: string },
  ): Promise<void>;
  /** Has Cognito send a code to reset the password. Returns the masked destination. */
  sendResetCode(username: string): Promise<string>;
  resetPassword(
    username: string,
    answers: { readonly code: string; readonly password: string },
  ): Promise<void>;
  /** Ends every sign-in of the user, on every computer. */
  signOutEverywhere(accessToken: string): Promise<void>;
  close(): void;
}

/** Checks the fields at run time: a proxy can answer instead of Cognito. */
function readTokens({ AccessToken, ExpiresIn, RefreshToken }: AuthenticationResultType): Tokens {
  if (!isTokenText(AccessToken) || typeof ExpiresIn !== 'number' || !(ExpiresIn > 0 && ExpiresIn < 1e9))
    throw new Error('Cognito answered without an access token.');
  return {
    accessToken: AccessToken,
    expiresIn: ExpiresIn,
    ...(isTokenText(RefreshToken) ? { refreshToken: RefreshToken } : {}),
  };
}

function readStep(output: RespondToAuthChallengeCommandOutput): Step {
  const { AuthenticationResult, ChallengeName, ChallengeParameters, Session } = output;
  if (AuthenticationResult) return { tokens: readTokens(AuthenticationResult) };
  if (typeof ChallengeName !== 'string')
    throw new Error('Cognito answered with neither tokens nor a challenge.');
  const parameters = Object.entries(ChallengeParameters ?? {}).filter(
    ([, value]) => typeof value === 'string',
  );
  return {
    challenge: {
      name: ChallengeName,
      parameters: Object.fromEntries(parameters),
      ...(typeof Session === 'string' ? { session: Session } : {}),
    },
  };
}

/** Opens a pool; the caller closes it. Ctrl-C does not cancel a refresh, which could lose a rotated token. */
export async function openUserPool(
  context: Pick<Context, 'env' | 'signal' | 'sent'>,
  address: PoolAddress,
): Promise<UserPool> {
  const { signal, sent } = context;
  const { clientId: ClientId } = address;
  const [sdk, client] = await Promise.all([
    import('@aws-sdk/client-cognito-identity-provider'),
    publicCognito(context, address),
  ]);
  const endpoint = poolEndpoint(context.env, address);
  const untilInterrupted = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      return await answer;
    } catch (error) {
      throw signal.aborted ? interrupted() : (poolElsewhere(error, address.url, endpoint) ?? error);
    }
  };
  const step = async (answer: Promise<RespondToAuthChallengeCommandOutput>) =>
    readStep(await untilInterrupted(answer));
  return {
    address,
    host: new URL(endpoint).host,
    initiate: (username, publicValue) =>
      step(
        client.send(
          new sdk.InitiateAuthCommand({
            ClientId,
            AuthFlow: 'USER_SRP_AUTH',
            AuthParameters: { USERNAME: username, SRP_A: publicValue },
          }),
          { abortSignal: signal },
        ),
      ),
    respond({ name, session }, answers) {
      sent.note(session, answers.NEW_PASSWORD);
      return step(
        client.send(
          new sdk.RespondToAuthChallengeCommand({
            ClientId,
            ChallengeName: name as RespondToAuthChallengeCommandOutput['ChallengeName'],
            Session: session,
            ChallengeResponses: { ...answers },
          }),
          { abortSignal: signal },
        ),
      );
    },
    async associateApp(session) {
      sent.note(session);
      const { SecretCode, Session } = await untilInterrupted(
        client.send(new sdk.AssociateSoftwareTokenCommand({ Session: session }), { abortSignal: signal }),
      );
      if (SecretCode === undefined) throw new Error('Cognito returned no secret for an authenticator app.');
      return { secret: SecretCode, ...omitUndefined({ session: Session }) };
    },
    async verifyApp(session, code) {
      sent.note(session);
      const { Session } = await untilInterrupted(
        client.send(new sdk.VerifySoftwareTokenCommand({ Session: session, UserCode: code }), {
          abortSignal: signal,
        }),
      );
      return Session;
    },
    async refresh(refreshToken) {
      sent.note(refreshToken);
      const { AuthenticationResult } = await client.send(
        new sdk.GetTokensFromRefreshTokenCommand({ ClientId, RefreshToken: refreshToken }),
      );
      return readTokens(AuthenticationResult ?? {});
    },
    async revoke(refreshToken) {
      sent.note(refreshToken);
      await client.send(new sdk.RevokeTokenCommand({ ClientId, Token: refreshToken }));
    },
    async changePassword(AccessToken, { old: PreviousPassword, new: ProposedPassword }) {
      sent.note(AccessToken, PreviousPassword, ProposedPassword);
      await client.send(new sdk.ChangePasswordCommand({ AccessToken, PreviousPassword, ProposedPassword }));
    },
    async sendResetCode(Username) {
      const { CodeDeliveryDetails } = await untilInterrupted(
        client.send(new sdk.ForgotPasswordCommand({ ClientId, Username }), { abortSignal: signal }),
      );
      return CodeDeliveryDetails?.Destination ?? 'the address that the user pool knows';
    },
    async resetPassword(Username, { code: ConfirmationCode, password: Password }) {
      sent.note(Password);
      await client.send(
        new sdk.ConfirmForgotPasswordCommand({ ClientId, Username, ConfirmationCode, Password }),
      );
    },
    async signOutEverywhere(AccessToken) {
      sent.note(AccessToken);
      await client.send(new sdk.GlobalSignOutCommand({ AccessToken }));
    },
    close: () => client.destroy(),
  };
}

/** Runs work on a pool and closes it. Errors of Cognito become a `UserError` that names `doing`. */
export async function withUserPool<T>(
  context: Context,
  address: PoolAddress,
  doing: string,
  work: (pool: UserPool) => Promise<T>,
): Promise<T> {
  const pool = await openUserPool(context, address);
  try {
    return await work(pool);
  } catch (error) {
    throw cognitoFailure(error, doing, pool.host);
  } finally {
    pool.close();
  }
}

/** Returns the error for a deployment whose users are those of other issuers alone. */
export function noUserPool(url: string): UserError {
  return new UserError('usage', `${new URL(url).host} has no user pool, so there is no password to change.`, {
    hint: ['Sign in with the identity provider of your company:', loginCommand(url)],
  });
}

/** Returns the pool of an edge that this computer remembers, otherwise asks the edge. */
export async function poolAddressOf(context: Context, { url, deployment }: Target): Promise<PoolAddress> {
  const known = deployment?.userPoolId === undefined ? undefined : deployment;
  const { region, userPoolId, clientId } =
    known ?? (await discover(context, { url, ...omitUndefined({ deployment }) }));
  if (region === undefined || userPoolId === undefined || clientId === undefined) throw noUserPool(url);
  return { url, region, userPoolId, clientId, ...omitUndefined({ local: deployment?.local }) };
}
