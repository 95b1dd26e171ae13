import { realpath, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { omitUndefined } from '../../../protocol/fields.ts';
import { command } from '../../command-line.ts';
import type { Context, Result } from '../../context.ts';
import { oneOf, seconds, wholeNumber } from '../../declare/values.ts';
import { UserError } from '../../errors.ts';
import { fileError } from '../../settings/disk-errors.ts';
import { createFolder } from '../../settings/own-files.ts';
import { resolveTarget } from '../../settings/target.ts';
import { createFilter } from '../../transfer/sources/filters.ts';
import { pathError } from '../../transfer/sources/read-error.ts';
import { checkPrefix } from '../../transfer/typed-keys.ts';
import { MAX_CONCURRENCY } from '../../transfer/uploader.ts';
import { parseSize } from '../../ui/format.ts';
import { AFTER, storedFolder } from '../../watch/after-upload.ts';
import { withLedger } from '../../watch/ledger.ts';
import { watchFolder } from '../../watch/watch-folder.ts';
import { withEdgeAccess } from '../put.ts';

interface WatchArgs {
  readonly folder: string;
  readonly prefix?: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  /** `keep`, `move` or `delete`. */
  readonly after?: string;
  readonly moveTo?: string;
  /** Seconds. */
  readonly settle?: string;
  /** Seconds. */
  readonly interval?: string;
  readonly concurrency?: string;
  /** Bytes a second, such as `5M`. */
  readonly limitRate?: string;
}

/** Hidden files and folders, and names that other programs use while they write. */
const UNFINISHED = [
  ...['.*', '*~', '*.swp', '*.tmp', '*.temp'],
  ...['*.part', '*.partial', '*.filepart', '*.crdownload', '*.download'],
];

const SETTLE_MS = 2_000;
const INTERVAL_MS = 5_000;

/** `edge-upload watch`: uploads the files of a folder as they arrive, until it is interrupted. */
export async function watch(context: Context, args: WatchArgs): Promise<Result> {
  const { prefix = '', include, exclude = [], limitRate } = args;
  checkPrefix(prefix);
  const settleMs = seconds(args.settle, '--settle') ?? SETTLE_MS;
  const intervalMs = seconds(args.interval, '--interval') ?? INTERVAL_MS;
  const concurrency = wholeNumber(args.concurrency, '--concurrency', 1, MAX_CONCURRENCY);
  const rate = limitRate === undefined ? undefined : parseSize(limitRate, '--limit-rate');
  const action = oneOf(args.after, AFTER, '--after') ?? 'keep';
  const filter = createFilter({ ...omitUndefined({ include }), exclude: [...UNFINISHED, ...exclude] });
  const folder = await folderAt(resolve(context.cwd, args.folder), args.folder);
  const after = { action, moveTo: await moveTarget(context, args, folder) };
  return withEdgeAccess(context, await resolveTarget(context), (own, access) => {
    const { url } = access;
    const options = {
      ...{ ...access, ownPrefix: true, isNamed: prefix !== '', prefix },
      ...omitUndefined({ concurrency, limitRate: rate }),
    };
    const warn = (text: string) => context.ui.event({ type: 'warning', text });
    return withLedger({ ...context, warn }, { url, folder, beginning: prefix }, (ledger) => {
      own.ui.event({ type: 'note', text: `Watching ${folder} for ${url}/${prefix}` });
      const what = { folder, prefix, filter, settleMs, intervalMs, after, ledger };
      return watchFolder(own, what, options);
    });
  });
}

async function folderAt(path: string, name: string): Promise<string> {
  if (name === '') {
    throw new UserError('usage', 'The folder has an empty name.', { hint: 'A shell variable may be unset.' });
  }
  try {
    if ((await stat(path)).isDirectory()) return await realpath(path);
  } catch (error) {
    throw pathError(path, name, error);
  }
  throw new UserError('usage', `${name} is not a folder.`, {
    hint: ['Upload a file with:', command`edge-upload put ${name}`],
  });
}

/** Returns the folder for stored files, and creates it where it is needed. */
async function moveTarget({ cwd }: Context, { after, moveTo }: WatchArgs, folder: string): Promise<string> {
  const isMove = after?.toLowerCase() === 'move';
  if (moveTo !== undefined && !isMove) {
    throw new UserError('usage', '--move-to is used with --after move only.', {
      hint: 'Add --after move, or omit --move-to.',
    });
  }
  const path = moveTo === undefined ? storedFolder(folder) : resolve(cwd, moveTo);
  if (!isMove) return path;
  try {
    await createFolder(path, 0o777);
    const real = await realpath(path);
    await checkTarget(real, folder);
    return real;
  } catch (error) {
    throw error instanceof UserError ? error : fileError(path, error);
  }
}

/** @throws {UserError} `usage` for a folder whose files would be uploaded again, or that needs a copy to move files to. */
async function checkTarget(path: string, folder: string): Promise<void> {
  const names = relative(folder, path).split(sep);
  if (names[0] !== '..' && !names.some((name) => name.startsWith('.'))) {
    throw new UserError('usage', `${path} is in the folder that is watched.`, {
      hint: 'Choose a folder outside of it, or a hidden one.',
    });
  }
  const [one, other] = await Promise.all([stat(path), stat(folder)]);
  if (one.dev === other.dev) return;
  throw new UserError('usage', `${path} is on another file system than ${folder}.`, {
    hint: `Choose a folder on the same one, such as ${join(folder, '..', 'stored')}, or use --after delete.`,
  });
}
