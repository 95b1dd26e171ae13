import { type Claims, claimText, readClaim } from './claims.ts';
import { keyProblem } from './object-url.ts';

/** The fields of a caller that prefixes depend on. */
export interface UploaderIdentity {
  /** The alias of the issuer. */
  readonly issuer: string;
  readonly name: string;
  readonly sub: string;
  readonly groups: readonly string[];
  readonly claims: Claims;
}

/** Placeholders for users of a user pool, whose tokens have few other claims. */
const POOL_PLACEHOLDERS: readonly string[] = ['issuer', 'name', 'username', 'sub', 'group'];

/**
 * Paths that keep their slashes in a prefix: GitHub's repositories and GitLab's projects, none of which is below another
 * one. Namespaces of GitLab are below each other, so a namespace would get the keys of those below it.
 */
const PATHS: Readonly<Record<string, RegExp>> = {
  repository: /^[\w.-]+\/[\w.-]+$/,
  project_path: /^[\w.-]+(?:\/[\w.-]+)+$/,
};

export const PATH_CLAIMS: readonly string[] = Object.keys(PATHS);

/**
 * Splits a rule into literal texts and, at odd indexes, placeholder names; `undefined` unless every placeholder is a
 * whole segment. Only then does every caller get a prefix of their own: with `{group}-{username}/`, both ada of dev-ops
 * and ops-ada of dev would write to `dev-ops-ada/`.
 */
function partsOf(rule: string): readonly string[] | undefined {
  const parts = rule.split(/\{([^{}]*)\}/);
  const last = parts.length - 1;
  const sound = parts.every((part, at) => {
    if (at % 2 === 1) return part !== '' && part.trim() === part;
    const begins = at === 0 || part.startsWith('/') || (at === last && part === '');
    const ends = at === last || part.endsWith('/') || (at === 0 && part === '');
    return begins && ends && !/[{}]/.test(part);
  });
  return sound ? parts : undefined;
}

/** Returns the names of a rule's placeholders; `undefined` if one of them is not a whole segment. */
export function placeholdersOf(rule: string): readonly string[] | undefined {
  return partsOf(rule)?.filter((_part, at) => at % 2 === 1);
}

/** Whether {@link prefixesOf} supports a rule for users of a pool. */
export function isPrefixRule(rule: string): boolean {
  return placeholdersOf(rule)?.every((name) => POOL_PLACEHOLDERS.includes(name)) ?? false;
}

/** Encodes a claim as one segment of a key, slashes included, so that no claim reaches into another prefix. */
function asSegment(claim: string): string {
  return claim.replace(/[%/]/g, encodeURIComponent);
}

function fill(
  placeholder: string,
  { issuer, name, sub, claims }: UploaderIdentity,
  group: string,
): string | undefined {
  if (placeholder === 'issuer') return issuer;
  if (placeholder === 'name' || placeholder === 'username') return asSegment(name);
  if (placeholder === 'sub') return asSegment(sub);
  if (placeholder === 'group') return asSegment(group);
  const text = claimText(readClaim(claims, [placeholder]));
  if (text === undefined) return undefined;
  const isPath = Object.hasOwn(PATHS, placeholder) && PATHS[placeholder]?.test(text) === true;
  return isPath ? text : asSegment(text);
}

/**
 * Returns the prefixes that a rule grants to a caller; with `{group}`, one for each group. Empty if a placeholder is
 * not a whole segment, or if a claim is missing, empty, `..` or too long. A prefix that ends with a claim always gets a
 * final slash: `home/ada` would also match `home/adam/`.
 */
export function prefixesOf(rule: string, uploader: UploaderIdentity): readonly string[] {
  if (!/[{}]/.test(rule)) return [rule];
  const parts = partsOf(rule);
  if (parts === undefined) return [];
  const end = parts.length > 1 && parts.at(-1) === '' ? '/' : '';
  const groups = parts.some((part, at) => at % 2 === 1 && part === 'group') ? uploader.groups : [''];
  return groups.flatMap((group) => {
    const filled = parts.map((part, at) => (at % 2 === 0 ? part : fill(part, uploader, group)));
    if (filled.includes(undefined)) return [];
    const prefix = filled.join('') + end;
    return keyProblem(`${prefix}x`) === undefined ? [prefix] : [];
  });
}
