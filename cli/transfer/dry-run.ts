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
import { signInIds } from './sources/file-stamp.ts';
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
  const { placing, storedFiles } = options;
  const report = new DryRunReport(options);
  const disk = createDiskCalls(CLOCK.now);
  const signIns = await signInIds(context);
  const batches = sources.batches((text) => ui.event({ type: 'warning', text }));
  const looked = mapAhead(batches, AHEAD, async (found) => {
    const placed =
      placing === undefined
        ? found
        : await Promise.all(found.map(async (item) => (await placing.place(item)).item));
    const items = placed.filter((item) => !storedFiles?.has(item));
    report.addUnchanged(placed.length - items.length);
    return Promise.all(items.map(async (item) => ({ item, seen: await look(item, disk, signIns, options) })));
  });
  for await (const files of looked) {
    if (signal.aborted) throw interrupted();
    ui.event({ type: 'rows', rows: files.map(({ item, seen }) => report.add(item, seen)) });
  }
  return report.result();
}

type Seen = { readonly size?: number; readonly parts: number } | { readonly error: UserError };

/** Counts the files of a dry run. */
class DryRunReport {
  readonly #url: string;
  readonly #countsUnchanged: boolean;
  #files = 0;
  #failed = 0;
  #unchanged = 0;
  #bytes = 0;
  #exitCode: ExitCode = EXIT.done;

  constructor({ url, storedFiles }: DryRunOptions) {
    this.#url = url;
    this.#countsUnchanged = storedFiles !== undefined;
  }

  /** Returns the row of a file. */
  add(item: Item, seen: Seen): Row {
    if ('error' in seen) {
      const { code, message, exitCode } = seen.error;
      this.#failed += 1;
      if (this.#exitCode === EXIT.done) this.#exitCode = exitCode;
      return this.#row(item, `${'failed'.padStart(9)}  ${message}`, { error: { code, message } });
    }
    const { size, parts } = seen;
    this.#files += 1;
    this.#bytes += size ?? 0;
    const length = size === undefined ? '?' : formatBytes(size);
    const divided = parts > 1 ? ` (${count(parts, 'part')})` : '';
    const text = `${length.padStart(9)}  ${item.name} → ${item.key}${divided}`;
    return this.#row(item, text, size === undefined ? {} : { bytes: size, parts });
  }

  #row({ name: file, key }: Item, text: string, more: { [name: string]: JsonValue }): Row {
    const url = `${this.#url}/${encodeKey(key)}`;
    return {
      text: visible(text),
      document: Object.assign({ type: 'file', dryRun: true, file, key, url }, more),
    };
  }

  addUnchanged(files: number): void {
    this.#unchanged += files;
  }

  result(): Result {
    const failed = this.#failed === 0 ? '' : `, ${this.#failed} would fail`;
    const unchanged = this.#countsUnchanged ? `, ${this.#unchanged} unchanged` : '';
    const stored = `${count(this.#files, 'file')} would be stored${failed}${unchanged}`;
    return {
      document: {
        type: 'summary',
        dryRun: true,
        url: this.#url,
        files: this.#files,
        failed: this.#failed,
        ...(this.#countsUnchanged && { unchanged: this.#unchanged }),
        bytes: this.#bytes,
      },
      text: { head: `${stored}  `, text: `${formatBytes(this.#bytes)} to ${this.#url}` },
      ...(this.#exitCode !== EXIT.done && { exitCode: this.#exitCode }),
    };
  }
}

async function look(
  item: Item,
  disk: DiskCalls,
  signIns: ReadonlySet<string>,
  options: PlanOptions,
): Promise<Seen> {
  try {
    if (item.kind === 'refused') return { error: item.error };
    checkKey(item.key, item.name);
    if (item.kind === 'stream') return { parts: 1 };
    const size = await readableSize(item, disk, signIns);
    return { size, parts: planUpload(item.name, size, options).parts };
  } catch (error) {
    if (!isUserError(error)) throw error;
    return { error };
  }
}

/** @throws {UserError} if the file cannot be uploaded. */
async function readableSize(
  { name, path }: Item & { kind: 'file' },
  disk: DiskCalls,
  signIns: ReadonlySet<string>,
): Promise<number> {
  try {
    const stats = await disk.run(
      () => statSync(path, { bigint: true }),
      () => stat(path, { bigint: true }),
    );
    checkRegular(name, stats, signIns);
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
