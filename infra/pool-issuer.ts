import type { EdgeIssuer, UploadPolicy } from '../edge/config.ts';
import { omitUndefined } from '../protocol/omit-undefined.ts';
import { signingKeysOf } from '../protocol/signing-key.ts';

/** Values of the user pool in the edge function's code. The pool must exist first. */
export interface Identity {
  readonly userPoolId: string;
  readonly clientId: string;
  /** The pool's key set. */
  readonly jwks: { readonly keys: readonly unknown[] };
}

/**
 * Returns the user pool as an issuer. Its policy is one rule.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
 */
export function poolIssuer(
  { userPoolId, clientId, jwks }: Identity,
  { writeTo, allowGroups }: UploadPolicy,
): EdgeIssuer {
  const [region] = userPoolId.split('_');
  // A pool's own issuer and the updated one.
  const iss = ['cognito-idp', 'issuer-cognito-idp'].map(
    (service) => `https://${service}.${region}.amazonaws.com/${userPoolId}`,
  );
  const groups = ['cognito:groups'];
  const when = allowGroups === undefined ? undefined : [{ claim: groups, is: allowGroups }];
  return {
    alias: 'cognito',
    kind: 'pool',
    iss,
    jwksUri: `${iss[0]}/.well-known/jwks.json`,
    keys: signingKeysOf(jwks),
    token: 'access',
    audiences: [clientId],
    clientId,
    name: ['username'],
    groups,
    rules: [omitUndefined({ when, writeTo })],
  };
}
