import type { PoolIdentity } from '../../edge/config.ts';
import type { EdgeKeys } from '../../infra/edge-code.ts';
import type { StackOptions } from '../../infra/options.ts';
import { omitUndefined } from '../../protocol/fields.ts';
import { type Jwk, signingKeysOf } from '../../protocol/signing-key.ts';
import { nearestName } from '../nearest-name.ts';

const PROPS = ['options', 'keys'];
const KEYS: readonly (keyof EdgeKeys)[] = ['pool', 'keySets', 'bakedAt', 'signing'];

/** Larger values are milliseconds. */
const MAX_SECONDS = 1e11;

function requireObject(value: unknown, what: string, names?: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`UploadEdge needs an object as ${what}, not ${JSON.stringify(value)}.`);
  }
  const stranger = names && Object.keys(value).find((name) => !names.includes(name));
  if (names === undefined || stranger === undefined) return;
  const meant = nearestName(stranger, names);
  const guess = meant === undefined ? '' : ` (did you mean ${meant}?)`;
  throw new Error(`UploadEdge does not support “${stranger}” in ${what}${guess}.`);
}

/** @throws {Error} unless the properties are only `options` and `keys`, both objects */
export function checkProps(props: object): void {
  requireObject(props, 'its props', PROPS);
  const { options, keys } = props as { readonly options?: unknown; readonly keys?: unknown };
  if (options !== undefined) requireObject(options, 'options');
  if (keys === undefined) return;
  requireObject(keys, 'keys', KEYS);
  const { pool, signing } = keys as { readonly pool?: unknown; readonly signing?: unknown };
  if (pool !== undefined) requireObject(pool, 'keys.pool');
  if (signing !== undefined && !Array.isArray(signing))
    throw new Error('keys.signing must be a list of keys.');
}

const isText = (value: unknown) => typeof value === 'string' && value !== '';

/**
 * Returns the keys that can verify tokens, without private numbers.
 * @throws {Error} if there are none
 */
function verifying(keys: unknown, where: string): readonly Jwk[] {
  const found = signingKeysOf({ keys });
  if (found.length === 0) throw new Error(`${where} has no key that verifies tokens.`);
  return found;
}

/**
 * Returns the keys for the edge function's code, which everybody in the AWS account can read. An edge without an
 * issuer's keys refuses all its tokens.
 * @throws {Error} for keys that cannot verify tokens, and for keys of issuers that the options do not trust
 */
export function usableKeys(keys: EdgeKeys, { userPool = true, trust = [] }: StackOptions): EdgeKeys {
  const { pool, keySets = {}, bakedAt, signing } = keys;
  requireObject(keySets, 'keys.keySets');
  const stranger = Object.keys(keySets).find((name) => !trust.some(({ alias }) => alias === name));
  if (stranger !== undefined) {
    throw new Error(`The option “trust” has no issuer “${stranger}” of keys.keySets.`);
  }
  if (bakedAt !== undefined && !(Number.isInteger(bakedAt) && bakedAt > 0 && bakedAt < MAX_SECONDS)) {
    throw new Error(`keys.bakedAt is not a time in whole seconds since 1970: ${JSON.stringify(bakedAt)}.`);
  }
  const baked = trust.map(({ alias }) => {
    const own = Object.hasOwn(keySets, alias) ? keySets[alias] : undefined;
    return [alias, verifying(own, `The list of the issuer “${alias}” in keys.keySets`)];
  });
  const others = {
    pool: pool && usablePool(pool, userPool),
    bakedAt,
    signing: signing && verifying(signing, 'The list keys.signing'),
  };
  return { keySets: Object.fromEntries(baked), ...omitUndefined(others) };
}

function usablePool(pool: PoolIdentity, isWanted: boolean): PoolIdentity {
  if (!isWanted) throw new Error('UploadEdge does not accept keys.pool if the option “userPool” is false.');
  const { userPoolId, clientId, jwks } = pool;
  if (!isText(userPoolId) || !isText(clientId)) {
    throw new Error('UploadEdge needs userPoolId and clientId in keys.pool, both text.');
  }
  return { ...pool, jwks: { keys: verifying(jwks?.keys, 'The key set keys.pool.jwks') } };
}
