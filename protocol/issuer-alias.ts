/** Alias of the user pool among the issuers. */
export const POOL_ALIAS = 'cognito';

/** Whether a value has the form of an alias: the short name of an issuer, which prefixes of keys contain. */
export function isAlias(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z][a-z0-9-]{0,31}$/.test(value);
}
