import { createSrpSession, signSrpSession, wrapAuthChallenge, wrapInitiateAuth } from 'cognito-srp-helper';
import { claimTimestamp, startSrp } from '../../../protocol/srp.ts';
import type { Setup } from './harness.ts';

type Responses = Record<string, string>;

/** Starts a sign-in with an independent, slow SRP client. Returns its response to the challenge, which is not sent yet. */
export async function beginIndependentSrp(
  { sdk, UserPoolId, ClientId }: Setup,
  USERNAME: string,
  password: string,
) {
  const session = createSrpSession(USERNAME, password, UserPoolId, false);
  const start = { ClientId, AuthFlow: 'USER_SRP_AUTH' as const, AuthParameters: { USERNAME } };
  const asked = await sdk.initiateAuth(wrapInitiateAuth(session, start));
  const signed = signSrpSession(session, asked as Parameters<typeof signSrpSession>[1]);
  return wrapAuthChallenge(signed, {
    ClientId,
    ChallengeName: 'PASSWORD_VERIFIER' as const,
    ChallengeResponses: { USERNAME } as Responses,
  });
}

/** Like `beginIndependentSrp`, with the command line's own client. */
export async function beginSrp(
  { sdk, clock, UserPoolId, ClientId }: Setup,
  USERNAME: string,
  password: string,
) {
  const srp = startSrp();
  const { ChallengeParameters: given = {} } = await sdk.initiateAuth({
    ClientId,
    AuthFlow: 'USER_SRP_AUTH',
    AuthParameters: { USERNAME, SRP_A: srp.publicValue },
  });
  const { SALT: salt = '', SRP_B: publicValue = '', SECRET_BLOCK: secretBlock = '' } = given;
  const account = { userPoolId: UserPoolId, userId: given.USER_ID_FOR_SRP ?? '', password };
  const timestamp = claimTimestamp(clock.now());
  const responses: Responses = {
    USERNAME,
    PASSWORD_CLAIM_SECRET_BLOCK: secretBlock,
    PASSWORD_CLAIM_SIGNATURE: await srp.sign(account, { salt, publicValue, secretBlock }, timestamp),
    TIMESTAMP: timestamp,
  };
  return { ClientId, ChallengeName: 'PASSWORD_VERIFIER' as const, ChallengeResponses: responses };
}

/** Signs in by SRP. `tweak` can damage the response to the challenge. */
export async function signInWithSrp(
  setup: Setup,
  username: string,
  password: string,
  tweak: (responses: Responses) => Responses = (responses) => responses,
) {
  const answer = await beginSrp(setup, username, password);
  return setup.sdk.respondToAuthChallenge({
    ...answer,
    ChallengeResponses: tweak(answer.ChallengeResponses),
  });
}

/** Signs in by SRP, and returns the tokens. */
export async function tokensOf(setup: Setup, username: string, password: string) {
  const { AuthenticationResult: result } = await signInWithSrp(setup, username, password);
  if (!result?.AccessToken || !result.RefreshToken || !result.IdToken) throw new Error('no tokens');
  return { access: result.AccessToken, refresh: result.RefreshToken, id: result.IdToken };
}

/** Signs in by the administrators' password flow. */
export const adminSignIn = ({ sdk, UserPoolId, ClientId }: Setup, USERNAME: string, PASSWORD: string) =>
  sdk.adminInitiateAuth({
    UserPoolId,
    ClientId,
    AuthFlow: 'ADMIN_NO_SRP_AUTH',
    AuthParameters: { USERNAME, PASSWORD },
  });
