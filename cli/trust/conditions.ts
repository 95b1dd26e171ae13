import { isDeepStrictEqual } from 'node:util';
import { allowsWildcard, type Condition } from '../../protocol/upload-rule.ts';
import { UserError } from '../errors.ts';

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

/** Returns conditions with one entry for each claim, in the order in which claims first appear. */
export function mergeConditions(conditions: readonly Condition[]): readonly Condition[] {
  const merged: { claim: readonly string[]; is: string[] }[] = [];
  for (const { claim, is } of conditions) {
    const known = merged.find((one) => isDeepStrictEqual(one.claim, claim));
    if (known === undefined) merged.push({ claim, is: [...new Set(is)] });
    else known.is = [...new Set([...known.is, ...is])];
  }
  return merged;
}

/**
 * Refuses a `*` that does not mean “begins with”.
 * @param written Text of the condition, for errors.
 */
export function checkedCondition(condition: Condition, written: string): Condition {
  for (const value of condition.is) {
    if (!value.includes('*')) continue;
    if (value.indexOf('*') === value.length - 1 && allowsWildcard(condition.claim)) continue;
    throw new UserError('usage', `Invalid condition ${written}: “*” is not allowed there.`, {
      hint: 'A value ends with * only in claims of branches and tags, such as ref=refs/tags/v*. Repeat --when for more values.',
    });
  }
  return condition;
}

/**
 * Parses values of `--when`. Values of the same claim are alternatives; different claims must all match.
 * @throws {UserError} `usage`
 */
export function parseConditions(typed: readonly string[]): readonly Condition[] {
  return mergeConditions(
    typed.map((text) => {
      const at = text.indexOf('=');
      const claim = at < 1 ? undefined : parseClaimName(text.slice(0, at));
      const value = text.slice(at + 1);
      if (claim === undefined || value === '') {
        throw new UserError('usage', `Invalid value for --when: “${text}”. Use claim=value.`, {
          hint: 'Write a claim inside another one as a path: --when /realm_access/roles=uploader',
        });
      }
      return checkedCondition({ claim, is: [value] }, `--when ${text}`);
    }),
  );
}

/** Describes a condition, such as `roles is “a” or “b”`. */
export function describeCondition({ claim, is }: Condition): string {
  const wild = (value: string) => allowsWildcard(claim) && value.endsWith('*');
  const quoted = (values: readonly string[]) => values.map((value) => `“${value}”`).join(' or ');
  const exact = is.filter((value) => !wild(value));
  const beginnings = is.filter(wild).map((value) => value.slice(0, -1));
  const words = [
    ...(exact.length === 0 ? [] : [`is ${quoted(exact)}`]),
    ...(beginnings.length === 0 ? [] : [`begins with ${quoted(beginnings)}`]),
  ];
  return `${formatClaimName(claim)} ${words.join(' or ')}`;
}
