import { omitUndefined } from '../protocol/fields.ts';
import { POOL_ALIAS } from '../protocol/issuer.ts';
import type { BakedConfig, EdgeConfig, EdgeIssuer, PoolIdentity, Signing, UploadPolicy } from './config.ts';

/**
 * Returns the user pool as an issuer with one rule, made from its policy.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
 */
export function poolIssuer(
  { userPoolId, clientId, jwks, userPoolEndpoint: tokenOrigin }: PoolIdentity,
  { writeTo, allowGroups }: UploadPolicy,
): EdgeIssuer {
  const [region] = userPoolId.split('_');
  // The two issuer names that a pool can have: its original one and the updated one.
  const iss = ['cognito-idp', 'issuer-cognito-idp'].map(
    (service) => `https://${service}.${region}.amazonaws.com/${userPoolId}`,
  );
  const groups = ['cognito:groups'];
  const when = allowGroups === undefined ? undefined : [{ claim: groups, is: allowGroups }];
  return {
    alias: POOL_ALIAS,
    kind: 'pool',
    iss,
    jwksUri: `${iss[0]}/.well-known/jwks.json`,
    ...omitUndefined({ tokenOrigin }),
    keys: jwks.keys,
    token: 'access',
    audiences: [clientId],
    clientId,
    name: ['username'],
    groups,
    rules: [omitUndefined({ when, writeTo })],
  };
}

/**
 * Returns the deployment's own issuer of links and keys, which the stack's KMS key signs. Only the baked keys verify
 * them; nothing is downloaded.
 */
function ownIssuer({ keys }: Signing): EdgeIssuer {
  return {
    alias: 'edge',
    kind: 'edge',
    iss: ['edge'],
    jwksUri: '',
    keys: keys.map((key) => ({ ...key, alg: 'EdDSA' })),
    token: 'access',
    name: ['sub'],
    // Their lifetime counts from `iat`: see token/own-token.ts.
    maxAge: Number.POSITIVE_INFINITY,
    rules: [],
  };
}

/** Converts a baked configuration. The user pool becomes the first issuer, the deployment's own issuer the last. */
export function configOf({ userPoolId, clientId, jwks, policy, ...baked }: BakedConfig): EdgeConfig {
  const { userPoolEndpoint, managedLogin, issuers = [], signing, page, idp, origins = [], bakedAt } = baked;
  const { maxSize, corsOrigins } = policy;
  const hasPool = userPoolId !== undefined && clientId !== undefined && jwks !== undefined;
  return {
    issuers: [
      ...(hasPool
        ? [poolIssuer({ userPoolId, clientId, jwks, ...omitUndefined({ userPoolEndpoint }) }, policy)]
        : []),
      ...issuers,
      ...(signing === undefined ? [] : [ownIssuer(signing)]),
    ],
    policy: omitUndefined({ maxSize, corsOrigins }),
    origins,
    ...omitUndefined({ bakedAt, page, idp, managedLogin }),
    ...omitUndefined({ revoked: signing?.revoked && new Set(signing.revoked) }),
  };
}
