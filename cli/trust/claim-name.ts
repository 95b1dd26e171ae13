/*
 * The notation of claims on the command line and in files. A top-level claim is written as its name: `groups`,
 * `https://example.com/roles`, `cognito:groups`. A nested claim is a JSON pointer (RFC 6901): `/realm_access/roles`. In a
 * pointer, `~1` is a slash and `~0` a tilde.
 */

/** Returns the keys of a written claim; `undefined` for empty names and malformed pointers. */
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
