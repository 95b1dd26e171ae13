import { accessSync, constants, statSync } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { encodeKey } from '../../protocol/object-url.ts';
import type { Context, Result } from '../context.ts';
import { EXIT, type ExitCode, interrupted, isUserError, type UserError } from '../errors.ts';
import type { JsonValue } from '../json-value.ts';
import type { Row } from '../ui/events.ts';
import { count, formatBytes } from '../ui/format.ts';
import { visible } from '../ui/shown.ts';
import { mapAhead } from './pacing/pool.ts';
import { checkKey, type Placing } from './placing.ts';
import { checkPartSize, type PlanOptions, planUpload } from './plan.ts';
import { type HeaderOptions, objectHeaders } from './put-object.ts';
import { createDiskCalls, type DiskCalls } from './sources/disk-calls.ts';
import type { Item } from './sources/items.ts';
import { pathError } from './sources/read-error.ts';
import { checkRegular } from './sources/source-file.ts';
import type { Sources } from './sources/sources.ts';
import type { StoredFiles } from './upload.ts';
import { CLOCK } from './wire/retry.ts';

/** Batches of files that are checked ahead of the one whose rows are next, because a disk can be slow. */
const AHEAD = 2;

/** The mode bits that let everybody read the file, its owner and group included. */
const READABLE = 0o444n;

export interface DryRunOptions extends PlanOptions, HeaderOptions {
  /** `https://<host>[:port]` */
  readonly url: string;
  /** Absent: keys are not changed. */
  readonly placing?: Placing | undefined;
  /** Files that earlier runs stored are left out. */
  readonly storedFiles?: StoredFiles | undefined;
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
  const disk = createDiskCalls(CLOCK.now);
  const rowOf = (item: Item, seen: Seen): Row => {
    const { name: file, key } = item;
    const url = `${options.url}/${encodeKey(key)}`;
    const row = (text: string, more: { [name: string]: JsonValue }): Row => ({
      text: visible(text),
      document: Object.assign({ type: 'file', dryRun: true, file, key, url }, more),
    });
    if ('error' in seen) {
      const { code, message, exitCode: failure } = seen.error;
      failed += 1;
      if (exitCode === EXIT.done) exitCode = failure;
      return row(`${'failed'.padStart(9)}  ${message}`, { error: { code, message } });
    }
    const { size, parts } = seen;
    files += 1;
    bytes += size ?? 0;
    const length = size === undefined ? '?' : formatBytes(size);
    const divided = parts > 1 ? ` (${count(parts, 'part')})` : '';
    return row(
      `${length.padStart(9)}  ${file} → ${key}${divided}`,
      size === undefined ? {} : { bytes: size, parts },
    );
  };
  const batches = sources.batches((text) => ui.event({ type: 'warning', text }));
  const { placing, storedFiles } = options;
  let unchanged = 0;
  const looked = mapAhead(batches, AHEAD, async (found) => {
    const placed =
      placing === undefined
        ? found
        : await Promise.all(found.map(async (item) => (await placing.place(item)).item));
    const items = placed.filter((item) => !storedFiles?.has(item));
    unchanged += placed.length - items.length;
    const seen = await Promise.all(items.map((item) => look(item, disk, options)));
    return { items, seen };
  });
  for await (const { items, seen } of looked) {
    if (signal.aborted) throw interrupted();
    ui.event({ type: 'rows', rows: items.map((item, at) => rowOf(item, seen[at] as Seen)) });
  }
  const known = storedFiles === undefined ? '' : `, ${unchanged} unchanged`;
  const trouble = `${failed === 0 ? '' : `, ${failed} would fail`}${known}`;
  return {
    document: {
      type: 'summary',
      dryRun: true,
      url: options.url,
      files,
      failed,
      ...(storedFiles && { unchanged }),
      bytes,
    },
    text: `${count(files, 'file')} would be stored${trouble}  ${formatBytes(bytes)} to ${options.url}`,
    ...(exitCode !== EXIT.done && { exitCode }),
  };
}

type Seen = { readonly size?: number; readonly parts: number } | { readonly error: UserError };

async function look(item: Item, disk: DiskCalls, options: PlanOptions): Promise<Seen> {
  try {
    if (item.kind === 'refused') return { error: item.error };
    checkKey(item.key, item.name);
    if (item.kind === 'stream') return { parts: 1 };
    const size = await readableSize(item, disk);
    return { size, parts: planUpload(item.name, size, options).parts };
  } catch (error) {
    if (!isUserError(error)) throw error;
    return { error };
  }
}

/** @throws {UserError} if the file cannot be uploaded. */
async function readableSize({ name, path }: Item & { kind: 'file' }, disk: DiskCalls): Promise<number> {
  try {
    const stats = await disk.run(
      () => statSync(path, { bigint: true }),
      () => stat(path, { bigint: true }),
    );
    checkRegular(name, stats);
    // For most files, this needs no second call.
    if ((stats.mode & READABLE) !== READABLE) {
      await disk.run(
        () => accessSync(path, constants.R_OK),
        () => access(path, constants.R_OK),
      );
    }
    return Number(stats.size);
  } catch (error) {
    throw isUserError(error) ? error : pathError(path, name, error);
  }
}
