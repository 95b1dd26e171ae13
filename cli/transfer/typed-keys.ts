import { basename } from 'node:path';
import { keyProblem } from '../../protocol/object-url.ts';
import { changedCommand, type Hint } from '../command-line.ts';
import { UserError } from '../errors.ts';

/** `bad_key`; `usage` where no file is named, such as for a link. */
type TypedKeyCode = 'bad_key' | 'usage';

/** Returns the nearest key that the edge accepts; `undefined` if there is none. */
function acceptableKey(key: string): string | undefined {
  const segments = key.replaceAll(/[\p{Cc}\p{Cs}]/gu, '_').split('/');
  const fixed = segments.filter((one) => !['', '.', '..'].includes(one)).join('/');
  return keyProblem(fixed) === undefined ? fixed : undefined;
}

interface Refused {
  readonly flag: '--as' | '--prefix';
  readonly typed: string;
  /** The end of a sentence. */
  readonly problem: string;
  /** A value that is accepted. */
  readonly fixed?: string | undefined;
  readonly code?: TypedKeyCode | undefined;
}

/** Returns the error for a typed key, or beginning of keys, that the edge would refuse. */
function typedKeyError({ flag, typed, problem, fixed, code = 'bad_key' }: Refused): UserError {
  const hint: Hint =
    fixed === undefined
      ? `Give another value with ${flag}.`
      : [
          'Without that:',
          flag === '--as' ? changedCommand`--as ${fixed}` : changedCommand`--prefix ${fixed}`,
        ];
  return new UserError(code, `Invalid value for ${flag}: “${typed}” ${problem}.`, { hint });
}

/** @throws {UserError} `bad_key` for a beginning of keys with which the edge would refuse every key. */
export function checkPrefix(prefix: string): void {
  const problem = keyProblem(`${prefix}x`);
  if (problem === undefined) return;
  const fixed = acceptableKey(prefix);
  const end = prefix.endsWith('/') ? '/' : '';
  throw typedKeyError({ flag: '--prefix', typed: prefix, problem, fixed: fixed && `${fixed}${end}` });
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
  /** Code of the error. */
  readonly code?: TypedKeyCode;
}

/** @throws {UserError} for a key with which the edge would refuse the file, or every file of the folder */
export function checkAs({ as, prefix = '', source, folder = false, code }: TypedKey): void {
  const problem = keyProblem(`${prefix}${folder ? as.replace(/\/*$/, '/x').replace(/^\/x$/, 'x') : as}`);
  if (problem === undefined) return;
  const name = as.endsWith('/') && !folder && source !== undefined ? basename(source) : '';
  throw typedKeyError({ flag: '--as', typed: as, problem, fixed: acceptableKey(`${as}${name}`), code });
}
