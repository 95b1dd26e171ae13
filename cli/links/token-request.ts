import { omitUndefined } from '../../protocol/fields.ts';
import { UserError } from '../errors.ts';
import { changedCommand, sameCommandWithout } from '../same-command.ts';
import { checkAs } from '../transfer/typed-keys.ts';
import { parseSize } from '../ui/format.ts';
import { prefixProblem, type Scope, type TokenKind } from './token-entry.ts';

/** A link or key to issue. */
export interface TokenRequest {
  readonly kind: TokenKind;
  readonly name?: string;
  /** Default: a new prefix, `inbox/<id>/`. */
  readonly scope?: Scope;
  /** Seconds. */
  readonly lifetime: number;
  readonly maxSize?: number;
  readonly noClobber?: true;
  readonly note?: string;
}

/** Flags of `link create` as typed. */
export interface LinkFlags {
  readonly as?: string;
  readonly prefix?: string;
  readonly expires?: string;
  readonly maxSize?: string;
  readonly note?: string;
}

/** Arguments of `key create` as typed. */
export interface KeyFlags {
  readonly name: string;
  readonly writeTo: string;
  readonly expires?: string;
  readonly maxSize?: string;
  /** False with `--no-clobber`. */
  readonly clobber?: boolean;
}

const DAY = 86_400;

/** Maximum and default days that a link or key is valid. The edge allows one day more. */
const DAYS = { link: { most: 30, usual: 7 }, key: { most: 365, usual: 90 } } as const;

const UNITS: Readonly<Record<string, number>> = { m: 60, h: 3600, d: DAY };

/** Parses `30m`, `12h` or `7d`. Returns seconds. */
function lifetimeOf(kind: TokenKind, typed: string | undefined): number {
  const { most, usual } = DAYS[kind];
  if (typed === undefined) return usual * DAY;
  const [, amount = '', unit = ''] = /^(\d{1,6})([mhd])$/.exec(typed.trim()) ?? [];
  const seconds = Number(amount) * (UNITS[unit] ?? 0);
  if (seconds >= 60 && seconds <= most * DAY) return seconds;
  throw new UserError('usage', `Invalid value for --expires: “${typed}”.`, {
    hint: `Use a time such as 30m, 12h or 7d, up to ${most}d for a ${kind}.`,
  });
}

function prefixOf(prefix: string, flag: string): Scope {
  const problem = prefixProblem(prefix);
  if (problem === undefined) return { prefix };
  throw new UserError('usage', `Invalid value for ${flag}: “${prefix}” ${problem}.`, {
    hint: 'A prefix is the start of keys, such as reports/2026/',
  });
}

const MAX_NOTE = 200;

function checkedNote(note: string): string {
  const text = note.trim();
  const problem =
    [...text].length > MAX_NOTE
      ? `has more than ${MAX_NOTE} characters`
      : text === ''
        ? 'is empty'
        : /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(text)
          ? 'contains a line break or a control character'
          : undefined;
  if (problem === undefined) return text;
  throw new UserError('usage', `Invalid value for --note: it ${problem}.`, {
    hint: 'A note is one line of text for the upload page.',
  });
}

/** @throws {UserError} `usage` */
export function linkRequest({ as, prefix, expires, maxSize, note }: LinkFlags): TokenRequest {
  if (as !== undefined && prefix !== undefined) {
    throw new UserError('usage', '--as and --prefix contradict each other.', {
      hint: 'A link is for one file (--as <key>), or for files below a prefix (--prefix <prefix>).',
    });
  }
  if (as !== undefined && prefixProblem(as) === undefined) {
    throw new UserError('usage', `Invalid value for --as: “${as}” ends with “/”.`, {
      hint: [
        'For files below a prefix:',
        sameCommandWithout('--as', { hasValue: true, instead: changedCommand`--prefix ${as}` }),
      ],
    });
  }
  if (as !== undefined) checkAs({ as, code: 'usage' });
  const below = prefix === undefined ? undefined : prefixOf(prefix, '--prefix');
  return {
    kind: 'link',
    lifetime: lifetimeOf('link', expires),
    ...omitUndefined({
      scope: as === undefined ? below : { key: as },
      maxSize: maxSize === undefined ? undefined : parseSize(maxSize, '--max-size'),
      note: note === undefined ? undefined : checkedNote(note),
    }),
  };
}

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** @throws {UserError} `usage` */
export function keyRequest({ name, writeTo, expires, maxSize, clobber }: KeyFlags): TokenRequest {
  if (!NAME.test(name)) {
    throw new UserError('usage', `Invalid name of a key: “${name}”.`, {
      hint: 'Use up to 64 lower-case letters, digits, dots, hyphens and underscores; the first is a letter or digit.',
    });
  }
  const filled = writeTo.replaceAll('{name}', name);
  if (/[{}]/.test(filled)) {
    throw new UserError('usage', `Invalid value for --write-to: “${writeTo}”.`, {
      hint: 'The only placeholder is {name}: sensors/{name}/',
    });
  }
  return {
    kind: 'key',
    name,
    scope: prefixOf(filled, '--write-to'),
    lifetime: lifetimeOf('key', expires),
    ...omitUndefined({
      maxSize: maxSize === undefined ? undefined : parseSize(maxSize, '--max-size'),
      noClobber: clobber === false ? (true as const) : undefined,
    }),
  };
}
