/** Alias of the user pool among the issuers. */
export const POOL_ALIAS = 'cognito';

/** Name of the provider behind the user pool: of its issuer, and at the beginning of its users' names. */
export const IDP_ALIAS = 'idp';

/** Names of the deployment's own tokens in prefixes and in `x-amz-meta-uploaded-by`, which no trusted issuer can have. */
export const RESERVED_ALIASES: readonly string[] = [POOL_ALIAS, IDP_ALIAS, 'edge', 'link', 'key'];

/** Whether a value has the form of an alias: the short name of an issuer, which prefixes of keys contain. */
export function isAlias(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z][a-z0-9-]{0,31}$/.test(value);
}
