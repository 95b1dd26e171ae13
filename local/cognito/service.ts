import { join } from 'node:path';
import type { Identities } from '../auth/identities.ts';
import { authenticatedText } from '../auth/sigv4.ts';
import { type Permissions, refuseDenied, unrestricted } from '../iam/permissions.ts';
import type { ResourceHandler } from '../resource.ts';
import { AwsError, notSupported } from '../wire/errors.ts';
import type { HttpHandler, HttpRequest } from '../wire/http.ts';
import { failure, readBody, success, targetOf } from '../wire/json-protocol.ts';
import { discover } from './discovery.ts';
import { generateKeyPairs, type KeyPairs } from './keys.ts';
import type { Operation } from './operation.ts';
import { OPERATIONS } from './operations/index.ts';
import { Outbox } from './outbox.ts';
import { userPoolResource } from './resources/user-pool.ts';
import { userPoolClientResource } from './resources/user-pool-client.ts';
import { Pools } from './store/pools.ts';

interface CognitoOptions {
  /** The cloud's data folder; this service keeps to `cognito/` in it. */
  readonly dataDir: string;
  readonly now: () => Date;
  readonly identities: Identities;
  readonly permissions?: Permissions;
  /** Makes the signing keys of a new pool, which takes a while. */
  readonly newKeys?: () => Promise<KeyPairs>;
}

export interface Cognito {
  readonly handle: HttpHandler;
  readonly resources: readonly ResourceHandler[];
  /** The folder of what AWS would send by e-mail and text message. */
  readonly outboxDir: string;
}

function operationOf({ headers }: HttpRequest): Operation {
  const name = targetOf(headers, 'AWSCognitoIdentityProviderService');
  const operation = name === undefined ? undefined : OPERATIONS.get(name);
  if (operation) return operation;
  const what = name === undefined ? 'a request without an operation' : `the operation ${name}`;
  throw notSupported(what, 'UnknownOperationException');
}

/** Amazon Cognito user pools: the JSON 1.1 API, every pool's public documents, and the two CloudFormation resources. */
export function createCognito({
  dataDir,
  now,
  identities,
  newKeys = generateKeyPairs,
  permissions = unrestricted,
}: CognitoOptions): Cognito {
  const folder = join(dataDir, 'cognito');
  const pools = new Pools(join(folder, 'pools'), now, newKeys);
  const outboxDir = join(folder, 'outbox');
  const context = { pools, outbox: new Outbox(outboxDir, now), now };

  /** The body, once the caller has shown the right to call; the public operations look at no signature. */
  const read = async (request: HttpRequest, { signed }: Operation): Promise<string> => {
    const { authorization: _, ...unsigned } = request.headers;
    const { principal, text } = await authenticatedText(
      signed ? request : { ...request, headers: unsigned },
      { service: 'cognito-idp', identities, now: now() },
    );
    if (signed && principal.kind === 'anonymous') {
      throw new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token');
    }
    if (signed && principal.kind === 'service') {
      throw new AwsError(
        'AccessDeniedException',
        `${principal.service} is not authorized to call this service.`,
      );
    }
    return text;
  };

  return {
    outboxDir,
    async handle(request) {
      const document = discover(pools, request);
      if (document) return document;
      try {
        const operation = operationOf(request);
        const body = readBody(await read(request, operation));
        if (operation.signed) {
          refuseDenied(permissions, `cognito-idp:${operation.name}`, 'AccessDeniedException');
        }
        return success(operation.run(context, body));
      } catch (error) {
        if (error instanceof AwsError) return failure(error);
        throw error;
      }
    },
    resources: [userPoolResource(pools, now), userPoolClientResource(pools, now)],
  };
}
