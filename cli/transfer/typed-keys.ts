import { basename } from 'node:path';
import { keyProblem } from '../../protocol/object-url.ts';
import type { Hint } from '../command-line.ts';
import { UserError } from '../errors.ts';
import { changedCommand } from '../same-command.ts';

/** `bad_key`; `usage` where no file is named, such as for a link. */
type TypedKeyCode = 'bad_key' | 'usage';

/** Returns a key without characters and segments that the edge refuses. It can be empty, too long or reserved. */
function cleaned(key: string): string {
  const segments = key.replaceAll(/[\p{Cc}\p{Cs}]/gu, '_').split('/');
  return segments.filter((one) => !['', '.', '..'].includes(one)).join('/');
}

/** Returns a key as a prefix: with one `/` at its end, or empty. */
export function asFolder(key: string): string {
  const bare = key.replace(/\/+$/, '');
  return bare === '' ? '' : `${bare}/`;
}

interface Refused {
  readonly flag: '--as' | '--prefix';
  readonly typed: string;
  /** The end of a sentence. */
  readonly problem: string;
  /** The nearest value. It is printed if it is accepted. */
  readonly nearest: string;
  /** Returns a key that begins with, or is, a value. */
  readonly keyWith: (value: string) => string;
  readonly code?: TypedKeyCode | undefined;
}

/** Returns the error for a typed key, or beginning of keys, that the edge would refuse. */
function typedKeyError({ flag, typed, problem, nearest, keyWith, code = 'bad_key' }: Refused): UserError {
  const isAccepted = !['', typed].includes(nearest) && keyProblem(keyWith(nearest)) === undefined;
  const hint: Hint = isAccepted
    ? [
        'Without that:',
        flag === '--as' ? changedCommand`--as ${nearest}` : changedCommand`--prefix ${nearest}`,
      ]
    : `Give another value with ${flag}.`;
  return new UserError(code, `Invalid value for ${flag}: “${typed}” ${problem}.`, { hint });
}

/** @throws {UserError} `bad_key` for a beginning of keys with which the edge would refuse every key. */
export function checkPrefix(prefix: string): void {
  const keyWith = (value: string) => `${value}x`;
  const problem = keyProblem(keyWith(prefix));
  if (problem === undefined) return;
  const nearest = prefix.endsWith('/') ? asFolder(cleaned(prefix)) : cleaned(prefix);
  throw typedKeyError({ flag: '--prefix', typed: prefix, problem, nearest, keyWith });
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
  const keyWith = (value: string) => `${prefix}${folder ? `${asFolder(value)}x` : value}`;
  const problem = keyProblem(keyWith(as));
  if (problem === undefined) return;
  const name = as.endsWith('/') && !folder && source !== undefined ? basename(source) : '';
  throw typedKeyError({ flag: '--as', typed: as, problem, nearest: cleaned(`${as}${name}`), keyWith, code });
}
