/*
 * How a claim is written on the command line and in files. A name stands for a claim at the top of the token, whatever
 * characters it has: `groups`, `https://example.com/roles`, `cognito:groups`. A claim inside another one is written as a
 * JSON pointer (RFC 6901), which begins with a slash: `/realm_access/roles`. In a pointer, `~1` is a slash and `~0` a tilde.
 */

/** Returns the keys that a written claim stands for; `undefined` for empty names and malformed pointers. */
export function parseClaimName(written: string): readonly string[] | undefined {
  if (!written.startsWith('/')) return written === '' || written.trim() !== written ? undefined : [written];
  const keys = written.slice(1).split('/');
  if (keys.some((key) => key === '' || /~(?![01])/.test(key))) return undefined;
  return keys.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Returns a claim as {@link parseClaimName} reads it. */
export function formatClaimName(claim: readonly string[]): string {
  const [only = ''] = claim;
  if (claim.length === 1 && !only.startsWith('/')) return only;
  return claim.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
