import { stat } from 'node:fs/promises';
import type { Context, Result } from '../context.ts';
import { isUserError, type UserError } from '../errors.ts';
import { formatBytes } from '../ui/format.ts';
import { abandonIfPossible } from './multipart/abandon.ts';
import { isJournalTrouble } from './multipart/any-journal.ts';
import { putStream, streamBounds } from './multipart/from-stream.ts';
import { putInParts } from './multipart/in-parts.ts';
import { journalId, journalIds } from './multipart/journal.ts';
import { contentType, type ObjectOptions, objectHeaders } from './object-headers.ts';
import { checkKey, createPlacing } from './placing.ts';
import { checkPartSize, type PlanOptions, planUpload } from './plan.ts';
import { createMeter, type FileMeter, type Meter } from './progress.ts';
import { createReport } from './report.ts';
import { runAll } from './run.ts';
import { type FilePath, pathText } from './sources/file-path.ts';
import { openFile } from './sources/source-file.ts';
import type { Item, Sources } from './sources/sources.ts';
import { withStretch } from './sources/stretch.ts';
import { type EdgeOptions, openTools, type Tools } from './tools.ts';
import { putWhole, type Stored } from './whole.ts';
import { CLOCK } from './wire/retry.ts';

/** Where files go to, and how. */
export interface UploadOptions extends EdgeOptions, ObjectOptions, PlanOptions {
  /** What is there already stays as it is. */
  readonly noClobber?: boolean;
  /** Ask the edge what the caller is allowed to write, and keep below it. */
  readonly ownPrefix?: boolean;
}

/** Many files are counted, for the progress, only where the upload lasts: counting costs time too. */
const COUNT_AFTER_MS = 1_500;

interface Shared {
  readonly headers: Readonly<Record<string, string>>;
  readonly meter: Meter;
  readonly options: UploadOptions;
  readonly tools: Tools;
  readonly context: Context;
  /** Ids of the journals that earlier runs left. */
  readonly begunInParts: () => Promise<ReadonlySet<string>>;
}

/**
 * Uploads files through the edge and tells how each of them ended: a row as each is finished, the sum as the result.
 * @throws {UserError} without `--json` that of the one and only file; `interrupted` after Ctrl-C.
 */
export async function uploadFiles(
  context: Context,
  sources: Sources,
  options: UploadOptions,
): Promise<Result> {
  const { ui, signal } = context;
  const warn = (text: string) => ui.event({ type: 'warning', text });
  const headers = objectHeaders(options);
  if (options.partSize !== undefined) checkPartSize(options.partSize);
  const { now } = options.clock ?? CLOCK;
  const meter = createMeter(ui, now);
  const tools = await openTools(context, { ...options, onTrouble: meter.trouble });
  const report = createReport(options.url);
  let begun: Promise<ReadonlySet<string>> | undefined;
  const begunInParts = () => {
    begun ??= knownJournals(tools);
    return begun;
  };
  const shared = { headers, meter, options, tools, context, begunInParts };
  // With --json, one file has the same lines as many.
  const inLines = sources.several || context.options.json;
  const began = now();
  let onlyFailure: UserError | undefined;
  const counting = countLater(sources, meter);
  try {
    const placing =
      options.ownPrefix === true
        ? createPlacing(tools.limits, { several: sources.several, note: tools.note })
        : undefined;
    await runAll(sources.items(warn), (item) => uploadItem(item, shared), {
      files: tools.pool.size,
      placing,
      now,
      signal,
      onOutcome(outcome) {
        if ('error' in outcome.result && !inLines) onlyFailure = outcome.result.error;
        else ui.event(report.add(outcome));
      },
    });
  } catch (error) {
    if (inLines && isUserError(error)) ui.event(report.soFar((now() - began) / 1000));
    throw error;
  } finally {
    counting.stop();
  }
  if (onlyFailure !== undefined) throw onlyFailure;
  meter.close();
  return report.result((now() - began) / 1000);
}

async function uploadItem(item: Item, shared: Shared): Promise<Stored> {
  if (item.kind === 'refused') throw item.error;
  checkKey(item.key, item.name);
  return item.kind === 'stream' ? uploadStream(item, shared) : uploadFile(item, shared);
}

/** What an upload is of, whatever its bytes come from. */
function describe(
  { name, key }: Item,
  { headers, options: { noClobber = false } }: Shared,
  meter: FileMeter,
) {
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
  const file = await openFile(item.path, item.name, item.found, tools.signal);
  const progress = meter.begin(item.name, file.size);
  try {
    const plan = planUpload(item.name, file.size, options);
    const upload = describe(item, shared, progress);
    if (plan.multipart) {
      const partSizeAsked = options.partSize !== undefined;
      return await putInParts({ file, path: pathText(item.path), upload, plan, partSizeAsked }, tools);
    }
    const subject = { url: options.url, key: item.key, path: pathText(item.path) };
    // It went in parts when it was larger, or was asked for in parts, and was broken off.
    if ((await shared.begunInParts()).has(journalId(subject))) await abandonIfPossible(subject, tools);
    const whole = { from: 0, length: file.size };
    return await pool.run(() =>
      withStretch(file, whole, tools, (stretch) => putWhole(stretch, upload, digester, edge)),
    );
  } finally {
    progress.end();
    file.close();
  }
}

async function uploadStream(item: Item & { kind: 'stream' }, shared: Shared): Promise<Stored> {
  const { meter, options, tools, context } = shared;
  const { stream, name } = item;
  const { memory } = streamBounds(options);
  context.ui.event({
    type: 'note',
    text: `Standard input cannot be read twice: up to ${formatBytes(memory)} of it are held in memory.`,
  });
  const progress = meter.begin(name);
  const upload = describe(item, shared, progress);
  try {
    return await putStream({ stream, name, upload }, options, tools);
  } finally {
    progress.end();
  }
}

async function knownJournals({ journals, onJournalTrouble }: Tools): Promise<ReadonlySet<string>> {
  try {
    return await journalIds(journals());
  } catch (error) {
    if (!isJournalTrouble(error)) throw error;
    onJournalTrouble(error);
    return new Set();
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

async function sizeOf(path: FilePath): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
