export interface Jwk {
  readonly kty: string;
  readonly kid: string;
  readonly alg: string;
  readonly use: string;
  readonly n: string;
  readonly e: string;
}

/** Whether a member of a key set is a public key that verifies access tokens; others are neither baked in nor used. */
export function isSigningKey(value: unknown): value is Jwk {
  const { kty, kid, alg, use, n, e } = (value ?? {}) as Partial<Record<keyof Jwk, unknown>>;
  return (
    kty === 'RSA' &&
    alg === 'RS256' &&
    use === 'sig' &&
    typeof kid === 'string' &&
    [n, e].every((number) => typeof number === 'string' && /^[\w-]+$/.test(number))
  );
}
