import type {
  AuthenticationResultType,
  CognitoIdentityProviderClient,
  RespondToAuthChallengeCommandOutput,
} from '@aws-sdk/client-cognito-identity-provider';
import { omitUndefined } from '../../protocol/fields.ts';
import { isTokenText } from '../../protocol/issuer.ts';
import type { Context } from '../context.ts';
import { interrupted, UserError } from '../errors.ts';
import { type PoolPlace, poolEndpoint, publicCognito } from '../network/user-pool-client.ts';
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
  /** Sent back with the answer to the challenge. Cognito accepts each session once. */
  readonly session?: string;
}

export type Step =
  | { readonly tokens: Tokens; readonly challenge?: never }
  | { readonly challenge: Challenge; readonly tokens?: never };

/** Checks the fields at run time: a proxy can respond instead of Cognito. */
function readTokens({ AccessToken, ExpiresIn, RefreshToken }: AuthenticationResultType): Tokens {
  if (!isTokenText(AccessToken) || typeof ExpiresIn !== 'number' || !(ExpiresIn > 0 && ExpiresIn < 1e9))
    throw new Error('Cognito returned no access token.');
  return {
    accessToken: AccessToken,
    expiresIn: ExpiresIn,
    ...(isTokenText(RefreshToken) ? { refreshToken: RefreshToken } : {}),
  };
}

function readStep(output: RespondToAuthChallengeCommandOutput): Step {
  const { AuthenticationResult, ChallengeName, ChallengeParameters, Session } = output;
  if (AuthenticationResult) return { tokens: readTokens(AuthenticationResult) };
  if (typeof ChallengeName !== 'string') throw new Error('Cognito returned neither tokens nor a challenge.');
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

type Sdk = typeof import('@aws-sdk/client-cognito-identity-provider');
type PoolContext = Pick<Context, 'env' | 'signal' | 'sent'>;

/** Operations of Cognito that need no AWS credentials. Errors are those of the SDK. */
export class UserPool {
  readonly address: PoolAddress;
  /** Host that network errors name. */
  readonly host: string;
  readonly #context: PoolContext;
  readonly #sdk: Sdk;
  readonly #client: CognitoIdentityProviderClient;
  readonly #endpoint: string;
  readonly #bounds: { readonly abortSignal: AbortSignal };

  constructor(context: PoolContext, address: PoolAddress, sdk: Sdk, client: CognitoIdentityProviderClient) {
    this.address = address;
    this.#endpoint = poolEndpoint(context.env, address);
    this.host = new URL(this.#endpoint).host;
    this.#context = context;
    this.#sdk = sdk;
    this.#client = client;
    this.#bounds = { abortSignal: context.signal };
  }

  /** Starts a sign-in by SRP. */
  async initiate(username: string, publicValue: string): Promise<Step> {
    const command = new this.#sdk.InitiateAuthCommand({
      ClientId: this.address.clientId,
      AuthFlow: 'USER_SRP_AUTH',
      AuthParameters: { USERNAME: username, SRP_A: publicValue },
    });
    return readStep(await this.#untilInterrupted(this.#client.send(command, this.#bounds)));
  }

  async respond({ name, session }: Challenge, answers: Readonly<Record<string, string>>): Promise<Step> {
    this.#context.sent.note(session, answers.NEW_PASSWORD);
    const command = new this.#sdk.RespondToAuthChallengeCommand({
      ClientId: this.address.clientId,
      ChallengeName: name as RespondToAuthChallengeCommandOutput['ChallengeName'],
      Session: session,
      ChallengeResponses: { ...answers },
    });
    return readStep(await this.#untilInterrupted(this.#client.send(command, this.#bounds)));
  }

  /** Returns a secret for an authenticator app during MFA_SETUP, and the next session. */
  async associateApp(session: string | undefined) {
    this.#context.sent.note(session);
    const command = new this.#sdk.AssociateSoftwareTokenCommand({ Session: session });
    const sending = this.#client.send(command, this.#bounds);
    const { SecretCode, Session } = await this.#untilInterrupted(sending);
    if (SecretCode === undefined) throw new Error('Cognito returned no secret for an authenticator app.');
    return { secret: SecretCode, ...omitUndefined({ session: Session }) };
  }

  /** Verifies the code of the app; returns the session that ends the set-up. */
  async verifyApp(session: string | undefined, code: string): Promise<string | undefined> {
    this.#context.sent.note(session);
    const command = new this.#sdk.VerifySoftwareTokenCommand({ Session: session, UserCode: code });
    return (await this.#untilInterrupted(this.#client.send(command, this.#bounds))).Session;
  }

  /**
   * Calls GetTokensFromRefreshToken, which works with and without refresh token rotation. Ctrl-C does not cancel it: a
   * rotated token could be lost.
   */
  async refresh(RefreshToken: string): Promise<Tokens> {
    this.#context.sent.note(RefreshToken);
    const { clientId: ClientId } = this.address;
    const command = new this.#sdk.GetTokensFromRefreshTokenCommand({ ClientId, RefreshToken });
    const { AuthenticationResult } = await this.#client.send(command);
    return readTokens(AuthenticationResult ?? {});
  }

  /** Revokes a refresh token and its access tokens for calls to Cognito. The edge still accepts those access tokens. */
  async revoke(Token: string): Promise<void> {
    this.#context.sent.note(Token);
    await this.#client.send(new this.#sdk.RevokeTokenCommand({ ClientId: this.address.clientId, Token }));
  }

  /** Sends both passwords to Cognito over TLS. */
  async changePassword(AccessToken: string, passwords: { readonly old: string; readonly new: string }) {
    const { old: PreviousPassword, new: ProposedPassword } = passwords;
    this.#context.sent.note(AccessToken, PreviousPassword, ProposedPassword);
    const change = { AccessToken, PreviousPassword, ProposedPassword };
    await this.#client.send(new this.#sdk.ChangePasswordCommand(change));
  }

  /** Has Cognito send a code to reset the password. Returns the masked destination. */
  async sendResetCode(Username: string): Promise<string> {
    const command = new this.#sdk.ForgotPasswordCommand({ ClientId: this.address.clientId, Username });
    const sending = this.#client.send(command, this.#bounds);
    const { CodeDeliveryDetails } = await this.#untilInterrupted(sending);
    return CodeDeliveryDetails?.Destination ?? 'the address that the user pool knows';
  }

  async resetPassword(Username: string, answers: { readonly code: string; readonly password: string }) {
    const { code: ConfirmationCode, password: Password } = answers;
    this.#context.sent.note(Password);
    const reset = { ClientId: this.address.clientId, Username, ConfirmationCode, Password };
    await this.#client.send(new this.#sdk.ConfirmForgotPasswordCommand(reset));
  }

  /** Ends every sign-in of the user, on every computer. */
  async signOutEverywhere(AccessToken: string): Promise<void> {
    this.#context.sent.note(AccessToken);
    await this.#client.send(new this.#sdk.GlobalSignOutCommand({ AccessToken }));
  }

  close(): void {
    this.#client.destroy();
  }

  /** Maps the errors of a request that Ctrl-C cancels, and of a pool that is in another cloud. */
  async #untilInterrupted<T>(response: Promise<T>): Promise<T> {
    try {
      return await response;
    } catch (error) {
      if (this.#context.signal.aborted) throw interrupted();
      throw poolElsewhere(error, this.address.url, this.#endpoint) ?? error;
    }
  }
}

/** Opens a pool; the caller closes it. */
export async function openUserPool(context: PoolContext, address: PoolAddress): Promise<UserPool> {
  const [sdk, client] = await Promise.all([
    import('@aws-sdk/client-cognito-identity-provider'),
    publicCognito(context, address),
  ]);
  return new UserPool(context, address, sdk, client);
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
