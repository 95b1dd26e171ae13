import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { CognitoIdentityProvider } from '@aws-sdk/client-cognito-identity-provider';
import { CognitoJwtVerifier } from 'aws-jwt-verify';
import { Identities } from '../../../local/auth/identities.ts';
import { generateKeyPairs, type KeyChange, type KeyPairs } from '../../../local/cognito/keys.ts';
import { type Cognito, createCognito } from '../../../local/cognito/service.ts';
import type { JsonObject } from '../../../local/json.ts';
import type { CreateRequest } from '../../../local/resource.ts';
import { nodeListener } from '../../../local/wire/node-http.ts';
import { listen } from '../../support/serve.ts';

export const MINUTE = 60_000;
export const DAY = 24 * 60 * MINUTE;

/** A clock that only tests advance. It starts at the current time, which token verifiers use. */
class Clock {
  #at = Date.now();
  readonly now = () => new Date(this.#at);

  advance(milliseconds: number): void {
    this.#at += milliseconds;
  }
}

/** Properties that the CDK writes for a pool whose users an administrator creates. */
export const POOL: JsonObject = {
  AccountRecoverySetting: { RecoveryMechanisms: [{ Name: 'verified_email', Priority: 1 }] },
  AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
  EmailVerificationMessage: 'The verification code to your new account is {####}',
  EmailVerificationSubject: 'Verify your new account',
  Policies: {
    PasswordPolicy: {
      MinimumLength: 8,
      RequireLowercase: true,
      RequireNumbers: true,
      RequireSymbols: true,
      RequireUppercase: true,
    },
  },
  SmsVerificationMessage: 'The verification code to your new account is {####}',
  VerificationMessageTemplate: {
    DefaultEmailOption: 'CONFIRM_WITH_CODE',
    EmailMessage: 'The verification code to your new account is {####}',
    EmailSubject: 'Verify your new account',
    SmsMessage: 'The verification code to your new account is {####}',
  },
};

export const CLIENT: JsonObject = {
  AccessTokenValidity: 60,
  AllowedOAuthFlowsUserPoolClient: false,
  AuthSessionValidity: 15,
  EnableTokenRevocation: true,
  ExplicitAuthFlows: ['ALLOW_ADMIN_USER_PASSWORD_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
  GenerateSecret: false,
  IdTokenValidity: 60,
  PreventUserExistenceErrors: 'ENABLED',
  RefreshTokenValidity: 43_200,
  SupportedIdentityProviders: ['COGNITO'],
  TokenValidityUnits: { AccessToken: 'minutes', IdToken: 'minutes', RefreshToken: 'minutes' },
};

export const request = (logicalId: string, properties: JsonObject): CreateRequest => ({
  stackName: 'edge-upload',
  logicalId,
  suffix: 'k3v9x1m2q8w7e5r4t6y0',
  properties,
});

export function resource(cognito: Cognito, type: string) {
  const found = cognito.resources.find((one) => one.type === type);
  if (!found) throw new Error(`no handler for ${type}`);
  return found;
}

/** A message in the outbox. */
export interface Sent {
  readonly to: string;
  readonly subject?: string;
  readonly body: string;
}

interface Options {
  readonly pool?: JsonObject;
  readonly client?: JsonObject;
  readonly keyChange?: () => KeyChange | undefined;
  readonly federation?: boolean;
}

let madeKeys: Promise<KeyPairs> | undefined;

/** Returns the keys of every pool in a test file. Generating keys takes longer than most tests. */
function sameKeys(): Promise<KeyPairs> {
  madeKeys ??= generateKeyPairs();
  return madeKeys;
}

/** Opens Cognito with a pool and a client on a real socket, in a folder that is deleted after the test. */
export async function setUp(
  t: Pick<TestContext, 'after'>,
  { pool = {}, client = {}, keyChange = () => undefined, federation = false }: Options = {},
) {
  const dataDir = mkdtempSync(join(tmpdir(), 'cognito-'));
  const clock = new Clock();
  const open = () =>
    createCognito({
      dataDir,
      now: clock.now,
      identities: new Identities({ wellKnownKeys: true }),
      newKeys: sameKeys,
      keyChange,
      federation,
    });
  let cognito = open();
  const defects: unknown[] = [];
  const listener = nodeListener(
    (one) => cognito.handle(one),
    (error) => defects.push(error),
  );
  const endpoint = await listen(t, (incoming, response) => {
    // The SDK sets its clock by this header.
    response.setHeader('date', clock.now().toUTCString());
    listener(incoming, response);
  });

  const madePool = await resource(cognito, 'AWS::Cognito::UserPool').create(
    request('Pool', { ...POOL, ...pool }),
  );
  const UserPoolId = madePool.physicalId;
  const madeClient = await resource(cognito, 'AWS::Cognito::UserPoolClient').create(
    request('Client', { ...CLIENT, ...client, UserPoolId }),
  );
  const sdk = new CognitoIdentityProvider({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  t.after(() => {
    sdk.destroy();
    rmSync(dataDir, { recursive: true, force: true });
    if (defects.length > 0) throw defects[0];
  });

  return {
    endpoint,
    dataDir,
    sdk,
    clock,
    cognito: () => cognito,
    UserPoolId,
    ClientId: madeClient.physicalId,
    clientAttributes: madeClient.attributes,
    /** Opens the folder again, as a new process after a crash does. */
    restart: () => {
      cognito = open();
    },
    /** Moves the clock of the service and of the client that signs for it. */
    advance: (milliseconds: number) => {
      clock.advance(milliseconds);
      sdk.config.systemClockOffset += milliseconds;
    },
    /** Messages that AWS would have sent, oldest first. */
    outbox: (): Sent[] => {
      const { outboxDir } = cognito;
      const files = existsSync(outboxDir) ? readdirSync(outboxDir).sort() : [];
      return files.map((file) => JSON.parse(readFileSync(join(outboxDir, file), 'utf8')) as Sent);
    },
    /** Adds a client to the pool. */
    addClient: async (properties: JsonObject, logicalId = 'Other') => {
      const made = await resource(cognito, 'AWS::Cognito::UserPoolClient').create(
        request(logicalId, { ...CLIENT, ...properties, UserPoolId }),
      );
      return made.physicalId;
    },
    verifier: async (tokenUse: 'access' | 'id', clientId = madeClient.physicalId) => {
      const verifier = CognitoJwtVerifier.create({ userPoolId: UserPoolId, tokenUse, clientId });
      const answer = await fetch(`${endpoint}/${UserPoolId}/.well-known/jwks.json`);
      verifier.cacheJwks(JSON.parse(await answer.text()));
      return verifier;
    },
  };
}

export type Setup = Awaited<ReturnType<typeof setUp>>;

export const PASSWORD = 'Correct-Horse-1!';

/** Creates a user with a permanent password. */
export async function confirmedUser({ sdk, UserPoolId }: Setup, Username = 'ann', Password = PASSWORD) {
  await sdk.adminCreateUser({
    UserPoolId,
    Username,
    MessageAction: 'SUPPRESS',
    UserAttributes: [
      { Name: 'email', Value: Username.includes('@') ? Username : `${Username}@example.com` },
      { Name: 'email_verified', Value: 'true' },
    ],
  });
  await sdk.adminSetUserPassword({ UserPoolId, Username, Password, Permanent: true });
}
