import { access, constants, stat } from 'node:fs';
import { promisify } from 'node:util';
import { encodeKey } from '../../protocol/percent-encode.ts';
import type { Context, Result } from '../context.ts';
import { EXIT, type ExitCode, interrupted, isUserError, type UserError } from '../errors.ts';
import type { JsonValue } from '../json-value.ts';
import { count, formatBytes } from '../ui/format.ts';
import { visible } from '../ui/shown.ts';
import { type ObjectOptions, objectHeaders } from './object-headers.ts';
import { mapAhead } from './pacing/pool.ts';
import { checkKey } from './placing.ts';
import { checkPartSize, type PlanOptions, planUpload } from './plan.ts';
import { readError } from './sources/read-error.ts';
import { checkRegular } from './sources/source-file.ts';
import type { Item, Sources } from './sources/sources.ts';

/** Files that are looked at ahead of the one whose row is next. */
const AHEAD = 64;

/** Everybody may read the file, its owner and group included. */
const READABLE = 0o444;

const statFile = promisify(stat);
const accessFile = promisify(access);

export interface DryRunOptions extends PlanOptions, ObjectOptions {
  /** `https://<host>[:port]` */
  readonly url: string;
}

/**
 * Shows what an upload would store, without a sign-in and without sending anything.
 * @throws {UserError} `usage` for headers that the upload would refuse.
 */
export async function dryRun(context: Context, sources: Sources, options: DryRunOptions): Promise<Result> {
  const { ui, signal } = context;
  objectHeaders(options);
  if (options.partSize !== undefined) checkPartSize(options.partSize);
  let files = 0;
  let failed = 0;
  let bytes = 0;
  let exitCode: ExitCode = EXIT.done;
  const items = sources.items((text) => ui.event({ type: 'warning', text }));
  for await (const { item, ...seen } of mapAhead(items, AHEAD, (item) => look(item, options))) {
    if (signal.aborted) throw interrupted();
    const place = { file: item.name, key: item.key, url: `${options.url}/${encodeKey(item.key)}` };
    const row = (text: string, more: { [name: string]: JsonValue }) =>
      ui.event({
        type: 'row',
        text: visible(text),
        document: { type: 'file', dryRun: true, ...place, ...more },
      });
    if ('error' in seen) {
      const { code, message, exitCode: failure } = seen.error;
      failed += 1;
      if (exitCode === EXIT.done) exitCode = failure;
      row(`${'failed'.padStart(9)}  ${message}`, { error: { code, message } });
      continue;
    }
    const { size, parts } = seen;
    files += 1;
    bytes += size ?? 0;
    const length = size === undefined ? '?' : formatBytes(size);
    const divided = parts > 1 ? ` (${count(parts, 'part')})` : '';
    row(`${length.padStart(9)}  ${item.name} → ${item.key}${divided}`, {
      ...(size === undefined ? {} : { bytes: size, parts }),
    });
  }
  const trouble = failed === 0 ? '' : `, ${failed} would fail`;
  return {
    document: { type: 'summary', dryRun: true, url: options.url, files, failed, bytes },
    text: `${count(files, 'file')} would be stored${trouble}  ${formatBytes(bytes)} to ${options.url}`,
    ...(exitCode !== EXIT.done && { exitCode }),
  };
}

type Seen = { readonly item: Item } & (
  | { readonly size?: number; readonly parts: number }
  | { readonly error: UserError }
);

async function look(item: Item, options: PlanOptions): Promise<Seen> {
  try {
    if (item.kind === 'refused') return { item, error: item.error };
    checkKey(item.key, item.name);
    if (item.kind === 'stream') return { item, parts: 1 };
    const size = await readableSize(item);
    return { item, size, parts: planUpload(item.name, size, options).parts };
  } catch (error) {
    if (!isUserError(error)) throw error;
    return { item, error };
  }
}

/** @throws {UserError} where the file cannot be uploaded. */
async function readableSize({ name, path }: Item & { kind: 'file' }): Promise<number> {
  try {
    const stats = await statFile(path, { bigint: true });
    checkRegular(name, stats);
    // For most files, this needs no second call.
    if ((Number(stats.mode) & READABLE) !== READABLE) await accessFile(path, constants.R_OK);
    return Number(stats.size);
  } catch (error) {
    throw isUserError(error) ? error : readError(name, error);
  }
}
