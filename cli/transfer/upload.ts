import { stat } from 'node:fs/promises';
import type { Dispatcher } from 'undici';
import type { Context, Result } from '../context.ts';
import type { UserError } from '../errors.ts';
import type { TokenSource } from '../identity/tokens.ts';
import { formatBytes, formatDuration } from '../ui/format.ts';
import { type Algorithm, openDigester } from './digests.ts';
import { createEdgeClient } from './edge-client.ts';
import { putStream, streamBounds } from './from-stream.ts';
import { putInParts, type Tools } from './in-parts.ts';
import { journalFolder } from './journal.ts';
import { checkKey } from './keys.ts';
import { contentType, type ObjectOptions, objectHeaders } from './object-headers.ts';
import { checkPartSize, type PlanOptions, planUpload } from './plan.ts';
import { createPool } from './pool.ts';
import { createMeter, type FileMeter, type Meter } from './progress.ts';
import { createRateLimit } from './rate-limit.ts';
import { createReport } from './report.ts';
import { CLOCK, type Clock, type PassingFailure, RETRY, type RetryPolicy } from './retry.ts';
import { runAll } from './run.ts';
import { openFile } from './source-file.ts';
import type { Item, Sources } from './sources.ts';
import { measure } from './stretch.ts';
import { putWhole, type Stored } from './whole.ts';

/** Where files go to, how, and how hard it is tried. */
export interface UploadOptions extends ObjectOptions, PlanOptions {
  /** `https://<host>[:port]` */
  readonly url: string;
  readonly dispatcher: Dispatcher;
  readonly tokens: TokenSource;
  /** Requests under way at once, of all files together. */
  readonly concurrency?: number;
  /** An attempt that moves no byte for so long is cut, milliseconds; 0: never. */
  readonly stallMs?: number;
  /** Bytes a second of the whole process. */
  readonly limitRate?: number;
  /** What is there already stays as it is. */
  readonly noClobber?: boolean;
  /** The checksum that S3 checks and keeps. */
  readonly checksum?: Algorithm;
  readonly retry?: RetryPolicy;
  readonly clock?: Clock;
}

export const CONCURRENCY = 16;
export const STALL_MS = 30_000;

/** Waits shorter than this are told with `--debug` only. */
const WORTH_A_NOTE_MS = 5_000;

/** Many files are counted, for the progress, only where the upload lasts: counting costs time too. */
const COUNT_AFTER_MS = 1_500;

/** What is still said to the store after Ctrl-C is tried less hard. */
const LAST_WORDS = { retry: { ...RETRY, tries: 3, windowMs: 5_000 }, stallMs: 5_000 };

/**
 * Uploads files through the edge and tells how each of them ended: a row as each is finished, the sum as the result.
 * @throws {UserError} that of the one and only file; `interrupted` after Ctrl-C.
 */
export async function uploadFiles(
  context: Context,
  sources: Sources,
  options: UploadOptions,
): Promise<Result> {
  const { ui, signal } = context;
  const warn = (text: string) => ui.event({ type: 'warning', text });
  const { url, concurrency = CONCURRENCY, clock = CLOCK } = options;
  const headers = objectHeaders(options);
  if (options.partSize !== undefined) checkPartSize(options.partSize);
  const tools = await gatherTools(context, options);
  const meter = createMeter(ui, clock.now);
  const report = createReport(url);
  const began = clock.now();
  let onlyFailure: UserError | undefined;
  const counting = countLater(sources, meter);
  try {
    await runAll(
      sources.items(warn),
      (item) => uploadItem(item, { headers, meter, options, tools, context }),
      {
        files: concurrency,
        now: clock.now,
        signal,
        onOutcome(outcome) {
          if ('error' in outcome.result && !sources.several) onlyFailure = outcome.result.error;
          else ui.event(report.add(outcome));
        },
      },
    );
  } finally {
    counting.stop();
  }
  if (onlyFailure !== undefined) throw onlyFailure;
  meter.close();
  return report.result((clock.now() - began) / 1000);
}

async function gatherTools(context: Context, options: UploadOptions): Promise<Tools> {
  const { ui, signal, now } = context;
  const { concurrency = CONCURRENCY, clock = CLOCK, limitRate, checksum = 'crc32' } = options;
  const wire = {
    url: options.url,
    dispatcher: options.dispatcher,
    tokens: options.tokens,
    clock,
    now,
    limit: limitRate === undefined ? undefined : createRateLimit(limitRate, clock, signal),
    onRetry: (subject: string, failure: PassingFailure, tries: number, waitMs: number) =>
      ui.event({
        type: waitMs >= WORTH_A_NOTE_MS ? 'note' : 'debug',
        text: `${subject}: ${failure.message} Trying again in ${formatDuration(waitMs)} (try ${tries + 1}).`,
      }),
  };
  const { retry = RETRY, stallMs = STALL_MS } = options;
  return {
    edge: createEdgeClient({ ...wire, retry, stallMs, signal }),
    closing: createEdgeClient({ ...wire, ...LAST_WORDS, signal: new AbortController().signal }),
    digester: await openDigester(checksum),
    pool: createPool(concurrency),
    journals: journalFolder(context),
    now,
    signal,
  };
}

interface Shared {
  readonly headers: Readonly<Record<string, string>>;
  readonly meter: Meter;
  readonly options: UploadOptions;
  readonly tools: Tools;
  readonly context: Context;
}

async function uploadItem(item: Item, shared: Shared): Promise<Stored> {
  if (item.kind === 'refused') throw item.error;
  checkKey(item.key, item.name);
  return item.kind === 'stream' ? uploadStream(item, shared) : uploadFile(item, shared);
}

/** What the pieces of an upload have in common, whatever its bytes come from. */
function upload({ name, key }: Item, { headers, options: { noClobber = false } }: Shared, meter: FileMeter) {
  return {
    key,
    headers: { 'content-type': contentType(key, name), ...headers },
    noClobber,
    onSent: meter.moved,
    onFound: meter.found,
  };
}

async function uploadFile(item: Item & { kind: 'file' }, shared: Shared): Promise<Stored> {
  const { meter, options, tools } = shared;
  const { digester, pool, edge } = tools;
  const file = await openFile(item.path, item.name);
  const progress = meter.begin(item.name, file.size);
  try {
    const plan = planUpload(item.name, file.size, options);
    const what = upload(item, shared, progress);
    if (plan.multipart) {
      const partSizeAsked = options.partSize !== undefined;
      return await putInParts({ file, path: item.path, upload: what, plan, partSizeAsked }, tools);
    }
    return await pool.run(async () => {
      const stretch = await measure(file, 0, file.size, digester);
      return putWhole(stretch, what, digester, edge);
    });
  } finally {
    progress.end();
    await file.close();
  }
}

async function uploadStream(item: Item & { kind: 'stream' }, shared: Shared): Promise<Stored> {
  const { meter, options, tools, context } = shared;
  const { partSize } = options;
  const { memory } = streamBounds(partSize);
  context.ui.event({
    type: 'note',
    text: `Standard input cannot be read twice: up to ${formatBytes(memory)} of it are held in memory.`,
  });
  const progress = meter.begin(item.name);
  try {
    return await putStream(
      {
        stream: item.stream,
        name: item.name,
        upload: upload(item, shared, progress),
        ...(partSize === undefined ? {} : { partSize }),
      },
      tools,
    );
  } finally {
    progress.end();
  }
}

/** Finds out what there is to do, for the progress; a file that cannot be seen has its say when its turn comes. */
function countLater(sources: Sources, meter: Meter): { stop(): void } {
  let stopped = false;
  const count = async () => {
    let files = 0;
    let bytes = 0;
    for await (const item of sources.items(() => {})) {
      if (stopped) return;
      files += 1;
      if (item.kind === 'file') bytes += await sizeOf(item.path);
    }
    meter.expect({ files, bytes });
  };
  // What goes wrong here goes wrong for the upload too, which tells it.
  const begin = () => void count().catch(() => {});
  const timer = sources.repeatable && sources.several ? setTimeout(begin, COUNT_AFTER_MS) : undefined;
  if (sources.repeatable && !sources.several) begin();
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
