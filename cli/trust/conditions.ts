import { isDeepStrictEqual } from 'node:util';
import { allowsWildcard, type Condition } from '../../protocol/upload-rule.ts';
import { UserError } from '../errors.ts';
import { formatClaimName, parseClaimName } from './claim-name.ts';

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
 * Refuses a `*` that would not mean “begins with”.
 * @param written names the condition in the error
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

/** Returns a condition in words: `roles is “a” or “b”`. */
export function conditionWords({ claim, is }: Condition): string {
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
