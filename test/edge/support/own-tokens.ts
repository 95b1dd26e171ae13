import type { BakedConfig } from '../../../edge/config.ts';
import type { Claims } from '../../support/keys/forge.ts';
import { type IssuerKey, issuerKey, ORIGIN, seconds, signed } from './issuers.ts';
import { CLIENT_ID, JWKS, USER_POOL_ID } from './pool.ts';

/** Stands for the stack's KMS key. */
export const SIGNING_KEY = issuerKey('EdDSA', 'a1b2c3d4e5f6g7h8');

/** A deployment with a user pool, whose links and keys are signed by {@link SIGNING_KEY}. */
export function bakedWith(changes: Partial<BakedConfig> = {}): BakedConfig {
  return {
    userPoolId: USER_POOL_ID,
    clientId: CLIENT_ID,
    jwks: JWKS,
    policy: {},
    signing: { keys: [SIGNING_KEY.jwk] },
    ...changes,
  };
}

export interface Signer {
  readonly key?: IssuerKey;
  readonly header?: Claims;
  readonly prefix?: string;
}

/** A link to one key, unless the claims say otherwise. `undefined` removes a claim. */
export function link(changes: Claims = {}, { key, header, prefix = 'eul_' }: Signer = {}): string {
  const claims = {
    iss: 'edge',
    aud: ORIGIN,
    sub: 'link:Ab3-_xY9',
    iat: seconds(),
    exp: seconds() + 3600,
    k: 'in/report.pdf',
    nc: true,
    ...changes,
  };
  return prefix + signed(key ?? SIGNING_KEY, claims, { typ: undefined, ...header });
}

/** A key for the keys below `sensors/a/`, unless the claims say otherwise. */
export function deviceKey(changes: Claims = {}, signer: Signer = {}): string {
  const claims = { sub: 'key:Cd4_-zW8', k: undefined, p: 'sensors/a/', nc: undefined, ...changes };
  return link(claims, { prefix: 'euk_', ...signer });
}
