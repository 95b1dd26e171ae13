import type { Context, Result } from '../context.ts';
import { isUserError, type UserError } from '../errors.ts';
import { formatBytes } from '../ui/format.ts';
import { abortRecorded } from './multipart/abort.ts';
import { journalId, journalIds } from './multipart/journal.ts';
import { uploadFileInParts } from './multipart/upload-file.ts';
import { streamBounds, uploadStream } from './multipart/upload-stream.ts';
import { contentType, type ObjectOptions, objectHeaders } from './object-headers.ts';
import { checkKey, createPlacing } from './placing.ts';
import { checkPartSize, type PlanOptions, planUpload } from './plan.ts';
import { createMeter, type FileMeter, type Meter } from './progress.ts';
import { putObject, type Stored } from './put-object.ts';
import { createReport } from './report.ts';
import { runAll } from './run.ts';
import { countItems } from './sources/count-items.ts';
import { pathText } from './sources/file-path.ts';
import { withSegment } from './sources/segment.ts';
import { openFile } from './sources/source-file.ts';
import type { Item, Sources } from './sources/sources.ts';
import { openUploadContext, type UploadContext, type UploadContextOptions } from './upload-context.ts';
import { CLOCK } from './wire/retry.ts';

/** Where files go, and how. */
export interface UploadOptions extends UploadContextOptions, ObjectOptions, PlanOptions {
  /** An existing object is not replaced. */
  readonly noClobber?: boolean;
  /** Put keys below the prefix that the caller is allowed to write. */
  readonly ownPrefix?: boolean;
  /** The user typed the key or its beginning. */
  readonly isNamed?: boolean;
}

/** Several files are counted for the progress only in uploads that last so long: counting takes time too. */
const COUNT_AFTER_MS = 1_500;

interface Shared {
  readonly headers: Readonly<Record<string, string>>;
  readonly meter: Meter;
  readonly options: UploadOptions;
  readonly context: UploadContext;
  /** Ids of the journals that earlier runs left. */
  readonly unfinished: () => Promise<ReadonlySet<string>>;
}

/**
 * Uploads files through the edge: a row for each as it ends, the sum as the result.
 * @throws {UserError} that of a single file without `--json`; `interrupted` after Ctrl-C.
 */
export async function uploadFiles(
  command: Context,
  sources: Sources,
  options: UploadOptions,
): Promise<Result> {
  const { ui, signal } = command;
  const headers = objectHeaders(options);
  if (options.partSize !== undefined) checkPartSize(options.partSize);
  const { now } = options.clock ?? CLOCK;
  const meter = createMeter(ui, now);
  const context = await openUploadContext(command, { ...options, onTrouble: meter.trouble });
  const { journals, limits, slots, note, warn } = context;
  const report = createReport(options.url);
  let ids: Promise<ReadonlySet<string>> | undefined;
  const unfinished = () => {
    ids ??= journals.orWarn(() => journalIds(journals.folder()), new Set<string>());
    return ids;
  };
  const shared = { headers, meter, options, context, unfinished };
  // With --json, one file has the same lines as several.
  const inLines = sources.several || command.options.json;
  const began = now();
  let onlyFailure: UserError | undefined;
  const counting = countLater(sources, meter);
  try {
    const { several } = sources;
    const { ownPrefix = false, isNamed = false } = options;
    const placing = ownPrefix ? createPlacing(limits, { several, isNamed, note }) : undefined;
    await runAll(sources.items(warn), (item) => uploadItem(item, shared), {
      files: slots.size,
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
  return item.kind === 'stream' ? uploadStdin(item, shared) : uploadFile(item, shared);
}

/** What to store, whether from a file or a stream. */
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
  const { meter, options, context, unfinished } = shared;
  const { edge, journals, digester, slots, disk, signal } = context;
  const file = await openFile(item.path, { name: item.name, regular: item.found, signal, disk });
  const progress = meter.begin(item.name, file.size);
  try {
    const plan = planUpload(item.name, file.size, options);
    const upload = describe(item, shared, progress);
    const path = pathText(item.path);
    if (plan.multipart) {
      const partSizeGiven = options.partSize !== undefined;
      return await uploadFileInParts({ file, path, upload, plan, partSizeGiven }, context);
    }
    const subject = { url: options.url, key: item.key, path };
    // An earlier run may have left it in parts: it was larger then, or --multipart always was given.
    const ids = await unfinished();
    if (ids.size > 0 && ids.has(journalId(subject))) {
      await journals.orWarn(() => abortRecorded(subject, context), undefined);
    }
    const whole = { from: 0, length: file.size };
    return await slots.run(() =>
      withSegment(file, whole, context, (segment) => putObject(segment, upload, digester, edge)),
    );
  } finally {
    progress.end();
    file.close();
  }
}

async function uploadStdin(item: Item & { kind: 'stream' }, shared: Shared): Promise<Stored> {
  const { meter, options, context } = shared;
  const { stream, name } = item;
  const { memory } = streamBounds(options);
  context.note(`Standard input cannot be read twice: up to ${formatBytes(memory)} of it are kept in memory.`);
  const progress = meter.begin(name);
  const upload = describe(item, shared, progress);
  try {
    return await uploadStream({ stream, name, upload }, options, context);
  } finally {
    progress.end();
  }
}

/** Counts files and bytes for the progress. Unreadable files are reported when they are uploaded. */
function countLater(sources: Sources, meter: Meter): { stop(): void } {
  const stopping = new AbortController();
  const count = async () => {
    const totals = await countItems(sources, stopping.signal);
    if (totals !== undefined) meter.expect(totals);
  };
  // What fails here fails in the upload too, which reports it.
  const begin = () => void count().catch(() => {});
  const timer = sources.repeatable && sources.several ? setTimeout(begin, COUNT_AFTER_MS) : undefined;
  if (sources.repeatable && !sources.several) begin();
  return {
    stop() {
      stopping.abort();
      clearTimeout(timer);
    },
  };
}
