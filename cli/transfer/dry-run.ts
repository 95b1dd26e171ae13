import { access, constants, stat } from 'node:fs/promises';
import { encodeKey } from '../../protocol/percent-encode.ts';
import type { Context, Result } from '../context.ts';
import { EXIT, type ExitCode, interrupted, isUserError } from '../errors.ts';
import type { JsonValue } from '../json-value.ts';
import { count, formatBytes } from '../ui/format.ts';
import { visible } from '../ui/shown.ts';
import { type ObjectOptions, objectHeaders } from './object-headers.ts';
import { checkKey } from './placing.ts';
import { checkPartSize, type PlanOptions, planUpload } from './plan.ts';
import { readError } from './sources/read-error.ts';
import { checkRegular } from './sources/source-file.ts';
import type { Item, Sources } from './sources/sources.ts';

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
  for await (const item of sources.items((text) => ui.event({ type: 'warning', text }))) {
    if (signal.aborted) throw interrupted();
    const place = { file: item.name, key: item.key, url: `${options.url}/${encodeKey(item.key)}` };
    const row = (text: string, more: { [name: string]: JsonValue }) =>
      ui.event({
        type: 'row',
        text: visible(text),
        document: { type: 'file', dryRun: true, ...place, ...more },
      });
    try {
      const { size, parts } = await look(item, options);
      files += 1;
      bytes += size ?? 0;
      const length = size === undefined ? '?' : formatBytes(size);
      const divided = parts > 1 ? ` (${count(parts, 'part')})` : '';
      row(`${length.padStart(9)}  ${item.name} → ${item.key}${divided}`, {
        ...(size === undefined ? {} : { bytes: size, parts }),
      });
    } catch (error) {
      if (!isUserError(error)) throw error;
      failed += 1;
      if (exitCode === EXIT.done) exitCode = error.exitCode;
      row(`${'failed'.padStart(9)}  ${error.message}`, {
        error: { code: error.code, message: error.message },
      });
    }
  }
  const trouble = failed === 0 ? '' : `, ${failed} would fail`;
  return {
    document: { type: 'summary', dryRun: true, url: options.url, files, failed, bytes },
    text: `${count(files, 'file')} would be stored${trouble}  ${formatBytes(bytes)} to ${options.url}`,
    ...(exitCode !== EXIT.done && { exitCode }),
  };
}

async function look(item: Item, options: PlanOptions): Promise<{ size?: number; parts: number }> {
  if (item.kind === 'refused') throw item.error;
  checkKey(item.key, item.name);
  if (item.kind === 'stream') return { parts: 1 };
  const failed = (error: unknown) => {
    throw readError(item.name, error);
  };
  const stats = await stat(item.path, { bigint: true }).catch(failed);
  checkRegular(item.name, stats);
  await access(item.path, constants.R_OK).catch(failed);
  const size = Number(stats.size);
  return { size, parts: planUpload(item.name, size, options).parts };
}
