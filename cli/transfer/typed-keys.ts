import { basename } from 'node:path';
import { keyProblem } from '../../protocol/object-url.ts';
import { changedCommand, type Hint } from '../command-line.ts';
import { UserError } from '../errors.ts';

/** Returns the nearest key that the edge accepts; `undefined` if there is none. */
function acceptableKey(key: string): string | undefined {
  const segments = key.replaceAll(/[\p{Cc}\p{Cs}]/gu, '_').split('/');
  const fixed = segments.filter((one) => !['', '.', '..'].includes(one)).join('/');
  return keyProblem(fixed) === undefined ? fixed : undefined;
}

/**
 * Returns the error for a typed key, or beginning of keys, that the edge would refuse.
 * @param problem the end of a sentence
 * @param fixed the value that is accepted
 */
function typedKeyError(flag: string, typed: string, problem: string, fixed?: string): UserError {
  const hint: Hint =
    fixed === undefined
      ? `Give another value with ${flag}.`
      : ['Without that:', changedCommand`${[flag, fixed]}`];
  return new UserError('usage', `Invalid value for ${flag}: “${typed}” ${problem}.`, { hint });
}

/** @throws {UserError} `usage` for a beginning of keys with which the edge would refuse every key. */
export function checkPrefix(prefix: string): void {
  const problem = keyProblem(`${prefix}x`);
  if (problem === undefined) return;
  const fixed = acceptableKey(prefix);
  const end = prefix.endsWith('/') ? '/' : '';
  throw typedKeyError('--prefix', prefix, problem, fixed && `${fixed}${end}`);
}

/** A typed key. */
interface TypedKey {
  readonly as: string;
  /** Accepted beginning of the key. */
  readonly prefix?: string;
  /** Source as typed. In a key that ends with `/`, its name is missing. Absent for standard input. */
  readonly source?: string;
  /** The key is in place of the name of a folder. */
  readonly folder?: boolean;
}

/** @throws {UserError} `usage` for a key with which the edge would refuse the file, or every file of the folder */
export function checkAs({ as, prefix = '', source, folder = false }: TypedKey): void {
  const problem = keyProblem(`${prefix}${folder ? as.replace(/\/*$/, '/x').replace(/^\/x$/, 'x') : as}`);
  if (problem === undefined) return;
  const name = as.endsWith('/') && !folder && source !== undefined ? basename(source) : '';
  throw typedKeyError('--as', as, problem, acceptableKey(`${as}${name}`));
}
