import {
  DescribeUserPoolCommand,
  GetTokensFromRefreshTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { REGION } from '../account.ts';
import { document } from '../command-line.ts';
import { errorCode, type Probe } from '../probe.ts';
import { withPoolUser } from './pool-user.ts';

interface Link {
  readonly token: string;
  readonly id: string;
}

/** Milliseconds, more than the minute for which the previous refresh token stays valid: see infra/identity.ts. */
const GRACE_MS = 75_000;

/** Probes of Cognito, and of links that KMS signs. Each of them deploys. */
export const IDENTITY: readonly Probe[] = [
  {
    name: 'issuer-of-a-pool',
    claim:
      'A pool that CloudFormation creates issues tokens as https://cognito-idp.<region>.amazonaws.com/<pool>.',
    expected: { issuer: true, use: 'access' },
    async look({ token, userPoolId }) {
      const [, payload = ''] = token.split('.');
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
        iss: string;
        token_use: string;
      };
      return {
        issuer: claims.iss === `https://cognito-idp.${REGION}.amazonaws.com/${userPoolId}`,
        use: claims.token_use,
      };
    },
  },
  {
    name: 'reused-refresh-token',
    claim: 'A refresh token that is reused after its grace period is refused, and so are its successors.',
    expected: { refreshed: true, reused: 'RefreshTokenReuseException', successor: 'NotAuthorizedException' },
    notHere: 'it takes more than a minute, and test/live/stand-ins.test.ts runs it with a clock',
    async look(world) {
      const { cognito, clientId: ClientId } = world;
      return withPoolUser(world, async ({ signIn }) => {
        const refresh = (RefreshToken: string | undefined) =>
          cognito.send(new GetTokensFromRefreshTokenCommand({ ClientId, RefreshToken }));
        const refusal = (token: string | undefined) =>
          refresh(token).then(
            () => null,
            (error: unknown) => (error instanceof Error ? error.name : 'unknown'),
          );
        const first = (await signIn()).AuthenticationResult?.RefreshToken;
        const second = (await refresh(first)).AuthenticationResult?.RefreshToken;
        await world.pause(GRACE_MS);
        return {
          refreshed: second !== undefined && second !== first,
          reused: await refusal(first),
          successor: await refusal(second),
        };
      });
    },
  },
  {
    name: 'link-signed-by-kms',
    changes: true,
    claim:
      'CloudFormation creates an Ed25519 key in KMS. A link that it signs uploads once, and a revoked link does not.',
    expected: { first: 200, second: 412, elsewhere: 403, revoked: 401, code: 'token_revoked' },
    async look({ run, stackName, edge, key }) {
      const path = key();
      const named = ['--stack-name', stackName, '--yes'];
      const link = await document<Link>(run, ['link', 'create', '--as', path, ...named]);
      const { token } = link;
      const first = await edge({ path, body: 'x', token });
      const second = await edge({ path, body: 'x', token });
      const elsewhere = await edge({ path: key(), body: 'x', token });
      await document(run, ['link', 'revoke', link.id, ...named]);
      const revoked = await edge({ path, body: 'x', token });
      return {
        first: first.status,
        second: second.status,
        elsewhere: elsewhere.status,
        revoked: revoked.status,
        code: errorCode(revoked.body),
      };
    },
  },
  {
    name: 'mfa-on-an-existing-pool',
    changes: true,
    claim: 'CloudFormation turns on required second factors for an existing pool.',
    expected: { before: 'OFF', after: 'ON' },
    async look({ cognito, run, stackName, userPoolId: UserPoolId }) {
      const mfa = async () => {
        const { UserPool } = await cognito.send(new DescribeUserPoolCommand({ UserPoolId }));
        return UserPool?.MfaConfiguration ?? null;
      };
      const before = await mfa();
      await document(run, ['deploy', '--mfa', 'required', '--yes', '--stack-name', stackName]);
      return { before, after: await mfa() };
    },
  },
];
