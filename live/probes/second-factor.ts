import { createHmac } from 'node:crypto';
import {
  AdminRespondToAuthChallengeCommand,
  AssociateSoftwareTokenCommand,
  DescribeUserPoolCommand,
  VerifySoftwareTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { document } from '../command-line.ts';
import type { Probe } from '../probe.ts';
import { withPoolUser } from './pool-user.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const STEP_MS = 30_000;

/** Returns the current code of an authenticator app: https://www.rfc-editor.org/rfc/rfc6238 */
function oneTimeCode(secret: string): string {
  const bits = [...secret].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / STEP_MS)));
  const digest = createHmac('sha1', key).update(counter).digest();
  const offset = (digest.at(-1) ?? 0) & 0xf;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** Probes of a pool that requires second factors. */
export const SECOND_FACTOR: readonly Probe[] = [
  {
    name: 'second-factor-removed',
    changes: true,
    claim: 'After an operator removed a user’s second factor, Cognito asks the user to set up a new one.',
    expected: { first: 'MFA_SETUP', signedIn: true, after: 'SOFTWARE_TOKEN_MFA', removed: 'MFA_SETUP' },
    async look(world) {
      const { cognito, run, stackName, userPoolId: UserPoolId, clientId: ClientId } = world;
      const named = ['--stack-name', stackName];
      return withPoolUser(world, async ({ username, signIn }) => {
        const { UserPool } = await cognito.send(new DescribeUserPoolCommand({ UserPoolId }));
        if (UserPool?.MfaConfiguration !== 'ON')
          await document(run, ['deploy', '--mfa', 'required', '--yes', ...named]);
        const first = await signIn();
        const asked = await cognito.send(new AssociateSoftwareTokenCommand({ Session: first.Session }));
        const UserCode = oneTimeCode(asked.SecretCode ?? '');
        const verified = await cognito.send(
          new VerifySoftwareTokenCommand({ Session: asked.Session, UserCode }),
        );
        const { AuthenticationResult } = await cognito.send(
          new AdminRespondToAuthChallengeCommand({
            UserPoolId,
            ClientId,
            ChallengeName: 'MFA_SETUP',
            Session: verified.Session,
            ChallengeResponses: { USERNAME: username },
          }),
        );
        const after = await signIn();
        await document(run, ['user', 'reset', username, '--mfa', ...named]);
        const removed = await signIn();
        return {
          first: first.ChallengeName ?? null,
          signedIn: AuthenticationResult?.AccessToken !== undefined,
          after: after.ChallengeName ?? null,
          removed: removed.ChallengeName ?? null,
        };
      });
    },
  },
];
