import type { EdgeIssuer, Signing } from './config.ts';

/**
 * Returns the deployment's own issuer of links and keys, which the stack's KMS key signs. Only the baked keys verify
 * them; nothing is downloaded.
 */
export function ownIssuer({ keys }: Signing): EdgeIssuer {
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
