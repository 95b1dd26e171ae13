import { stat } from 'node:fs/promises';
import type { Dispatcher } from 'undici';
import type { Context, Result } from '../context.ts';
import type { UserError } from '../errors.ts';
import type { TokenSource } from '../identity/tokens.ts';
import { formatDuration } from '../ui/format.ts';
import { contentType } from './content-type.ts';
import { createEdgeClient, type EdgeClient } from './edge-client.ts';
import { checkKey } from './keys.ts';
import { createPool } from './pool.ts';
import { createMeter, type Meter } from './progress.ts';
import { createReport } from './report.ts';
import { CLOCK, type Clock, type PassingFailure, RETRY, type RetryPolicy } from './retry.ts';
import { type Item, runAll } from './run.ts';
import { openFile } from './source-file.ts';
import { putWhole, type Stored } from './whole.ts';

/** Waits shorter than this are told with `--debug` only. */
const WORTH_A_NOTE_MS = 5_000;

/** Where files go to, and how hard it is tried. */
export interface UploadOptions {
  /** `https://<host>[:port]` */
  readonly url: string;
  readonly dispatcher: Dispatcher;
  readonly tokens: TokenSource;
  /** Requests under way at once. */
  readonly concurrency?: number;
  /** An attempt that moves no byte for so long is cut, milliseconds; 0: never. */
  readonly stallMs?: number;
  readonly retry?: RetryPolicy;
  readonly clock?: Clock;
  /** Instead of the one that the extension tells. */
  readonly contentType?: string;
}

export const CONCURRENCY = 16;
export const STALL_MS = 30_000;

/**
 * Uploads files through the edge and tells how each of them ended: a row as each is finished, the sum as the result.
 * @throws {UserError} that of the one and only file; `interrupted` after Ctrl-C.
 */
export async function uploadFiles(
  context: Context,
  items: readonly Item[],
  options: UploadOptions,
): Promise<Result> {
  const { ui, signal, now } = context;
  const { url, concurrency = CONCURRENCY, clock = CLOCK } = options;
  const began = clock.now();
  const edge = createEdgeClient({
    stallMs: STALL_MS,
    retry: RETRY,
    ...options,
    clock,
    pool: createPool(concurrency),
    now,
    signal,
    onRetry: (subject, failure, tries, waitMs) =>
      ui.event({
        type: waitMs >= WORTH_A_NOTE_MS ? 'note' : 'debug',
        text: retryText(subject, failure, tries, waitMs),
      }),
  });
  const meter = createMeter(ui, clock.now);
  void totals(items).then(meter.expect);
  const report = createReport(url);
  let onlyFailure: UserError | undefined;
  await runAll(items, (item) => uploadFile(item, edge, meter, options), {
    files: concurrency,
    now: clock.now,
    signal,
    onOutcome(outcome) {
      if ('error' in outcome.result && items.length === 1) onlyFailure = outcome.result.error;
      else ui.event(report.add(outcome));
    },
  });
  if (onlyFailure !== undefined) throw onlyFailure;
  meter.close();
  return report.result((clock.now() - began) / 1000);
}

/** What there is to do, for the progress; a file that cannot be seen has its say when its turn comes. */
async function totals(items: readonly Item[]): Promise<{ files: number; bytes: number }> {
  let bytes = 0;
  for (const { path } of items)
    bytes += await stat(path).then(
      ({ size }) => size,
      () => 0,
    );
  return { files: items.length, bytes };
}

async function uploadFile(
  item: Item,
  edge: EdgeClient,
  meter: Meter,
  options: UploadOptions,
): Promise<Stored> {
  checkKey(item.key, item.name);
  const file = await openFile(item.path, item.name);
  const progress = meter.begin(item.name, file.size);
  try {
    return await putWhole(
      file,
      {
        key: item.key,
        headers: { 'content-type': options.contentType ?? contentType(item.path) },
        onSent: progress.moved,
      },
      edge,
    );
  } finally {
    progress.end();
    await file.close();
  }
}

function retryText(subject: string, failure: PassingFailure, tries: number, waitMs: number): string {
  return `${subject}: ${failure.message} Trying again in ${formatDuration(waitMs)} (try ${tries + 1}).`;
}
