/** Alias of the user pool. */
export const POOL_ALIAS = 'cognito';

/** Alias of the identity provider behind the user pool. Cognito puts it in front of its users' names. */
export const IDP_ALIAS = 'idp';

/**
 * Aliases of the deployment's own tokens in prefixes and in `x-amz-meta-uploaded-by`. No trusted issuer can have them.
 */
export const RESERVED_ALIASES: readonly string[] = [POOL_ALIAS, IDP_ALIAS, 'edge', 'link', 'key'];

/** Whether a value is a valid alias: the short name of an issuer, which key prefixes contain. */
export function isAlias(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z][a-z0-9-]{0,31}$/.test(value);
}
