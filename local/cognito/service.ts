import { join } from 'node:path';
import type { Service, ServiceOptions } from '../service.ts';
import { requestDoor } from '../wire/door.ts';
import { jsonProtocol } from '../wire/json-protocol.ts';
import { discover } from './discovery.ts';
import { generateKeyPairs, type KeyChange, type KeyPairs } from './keys.ts';
import { type Message, Outbox } from './messages.ts';
import { adminCreateUser } from './operations/admin-create-user.ts';
import { adminUsers } from './operations/admin-users.ts';
import { authentication } from './operations/authentication.ts';
import { passwordReset } from './operations/forgot-password.ts';
import { groups } from './operations/groups.ts';
import { listUsers } from './operations/list-users.ts';
import { mfaPreference } from './operations/mfa-preference.ts';
import { poolMfa } from './operations/pool-mfa.ts';
import { poolsAndClients } from './operations/pools.ts';
import { selfService } from './operations/self.ts';
import { softwareToken } from './operations/software-token.ts';
import { tokens } from './operations/tokens.ts';
import { identityProviderResource, userPoolDomainResource } from './resources/federation.ts';
import { userPoolResource } from './resources/user-pool.ts';
import { userPoolClientResource } from './resources/user-pool-client.ts';
import { Pools } from './store/pools.ts';

/** Every operation of the embedded Cognito by its name. */
export const OPERATIONS = {
  ...adminCreateUser,
  ...adminUsers,
  ...authentication,
  ...groups,
  ...listUsers,
  ...mfaPreference,
  ...passwordReset,
  ...poolMfa,
  ...poolsAndClients,
  ...selfService,
  ...softwareToken,
  ...tokens,
};

interface CognitoOptions extends ServiceOptions {
  /** Generates the signing keys of a new pool. */
  readonly newKeys?: () => Promise<KeyPairs>;
  /** A fault in the keys of all pools. */
  readonly keyChange?: () => KeyChange | undefined;
  /** Whether stacks can contain identity providers and domains, for which there is no managed login. */
  readonly federation?: boolean;
}

export interface Cognito extends Service {
  /** The folder of the messages that AWS would send. */
  readonly outboxDir: string;
  /** Puts a message into that folder. */
  send(message: Message): void;
}

/** Creates Amazon Cognito: the user pool API, the public documents of each pool, and their CloudFormation resources. */
export function createCognito(options: CognitoOptions): Cognito {
  const { dataDir, now, newKeys = generateKeyPairs, keyChange = () => undefined, federation } = options;
  const pools = new Pools(join(dataDir, 'pools'), now, newKeys, keyChange);
  const outboxDir = join(dataDir, 'outbox');
  const outbox = new Outbox(outboxDir, now);
  const context = { pools, outbox, now };

  const api = requestDoor({
    ...options,
    service: 'cognito-idp',
    protocol: jsonProtocol('AWSCognitoIdentityProviderService'),
    operations: OPERATIONS,
    context: () => context,
  });

  return {
    outboxDir,
    send: (message) => outbox.send(message),
    handle: async (request) => discover(pools, request) ?? api(request),
    resources: [
      userPoolResource(pools, now),
      userPoolClientResource(pools, now),
      ...(federation ? [identityProviderResource(pools), userPoolDomainResource(pools)] : []),
    ],
  };
}
