import type { Context, Result } from '../context.ts';
import { isUserError, type UserError } from '../errors.ts';
import { journalFolder } from '../settings/folders.ts';
import type { Journals } from './multipart/journals.ts';
import { createPlacing } from './placing.ts';
import { checkPartSize, type PlanOptions } from './plan.ts';
import { TransferMeter } from './progress.ts';
import { type HeaderOptions, objectHeaders, type Stored } from './put-object.ts';
import { type Outcome, UploadReport } from './report.ts';
import { countItems } from './sources/count-items.ts';
import { signInIds } from './sources/file-stamp.ts';
import type { Item } from './sources/items.ts';
import type { Sources } from './sources/sources.ts';
import { uploadAll } from './upload-all.ts';
import { journalsIn, openUploader, type UploadContextOptions } from './uploader.ts';
import { CLOCK } from './wire/retry.ts';

/** Records which files were stored, for `put --changed`. Its methods never throw disk errors. */
export interface StoredFiles {
  /** Whether the file as it is now was stored under the item's key; it is not sent then. */
  has(item: Item): boolean;
  /** Called once the stored file is verified, before it is reported. */
  add(item: Item): void;
  /** Called when the item's upload ended, stored or not. */
  ended(item: Item): void;
  /** Whether the next run will know what is stored. If not, a warning was printed. */
  isRecorded(): boolean;
}

/** The destination of files, and the options of their upload. */
export interface UploadFilesOptions extends UploadContextOptions, HeaderOptions, PlanOptions {
  /** An existing object is not replaced. */
  readonly noClobber?: boolean;
  /** Places keys below the prefix that the caller is allowed to write. */
  readonly ownPrefix?: boolean;
  /** The user typed the key or its beginning. */
  readonly isNamed?: boolean;
  /** The typed beginning of the keys. */
  readonly prefix?: string | undefined;
  /** Files that earlier runs stored are not sent again. */
  readonly storedFiles?: StoredFiles | undefined;
  /** Several uploads can share journals, which warn once, and a report, which has one sum. */
  readonly journals?: Journals;
  readonly report?: UploadReport;
  /** Called for each item as it ends. */
  readonly onOutcome?: (outcome: Outcome) => void;
}

/** Milliseconds after which several files are counted for the progress, because counting takes time too. */
const COUNT_AFTER_MS = 1_500;

/**
 * Uploads files through the edge: a row for each as it ends, the sum as the result.
 * @throws {UserError} that of a single file without `--json`; `interrupted` after Ctrl-C.
 */
export async function uploadFiles(
  command: Context,
  sources: Sources,
  options: UploadFilesOptions,
): Promise<Result> {
  const { ui, signal } = command;
  const headers = objectHeaders(options);
  if (options.partSize !== undefined) checkPartSize(options.partSize);
  const { now } = options.clock ?? CLOCK;
  const meter = new TransferMeter(ui, now);
  const { storedFiles } = options;
  // If the ledger cannot be written, its warning is enough.
  const isWarned = () => storedFiles?.isRecorded() === false;
  const {
    journals = journalsIn(() => journalFolder(command), ui, isWarned),
    report = new UploadReport(options.url, {
      now,
      inUse: command.inUse,
      countsUnchanged: storedFiles !== undefined,
    }),
  } = options;
  const uploader = await openUploader(
    { ...command, journals, onTrouble: meter.trouble, signIns: signInIds(command) },
    options,
  );
  const { limits, slots, cleanUp, note, warn } = uploader.context;
  const how = { ...options, headers, meter };
  const upload = (item: Item) => unlessStored(item, storedFiles, () => uploader.upload(item, how));
  // With --json, one file has the same lines as several.
  const inLines = sources.several || command.options.json;
  let onlyFailure: UserError | undefined;
  const counting = expectTotals(sources, meter);
  try {
    const { several } = sources;
    const { ownPrefix = false, isNamed = false, prefix } = options;
    const placing = ownPrefix ? createPlacing(limits, { several, isNamed, prefix, note }) : undefined;
    await uploadAll(sources.items(warn), upload, {
      files: slots.size,
      placing,
      edge: cleanUp,
      now,
      signal,
      onOutcome(outcome) {
        options.onOutcome?.(outcome);
        const { result } = outcome;
        if ('unchanged' in result) report.addUnchanged();
        else if ('error' in result && !inLines) onlyFailure = result.error;
        else ui.event(report.add({ ...outcome, result }));
      },
    });
  } catch (error) {
    if (inLines && isUserError(error)) ui.event(report.soFar());
    throw error;
  } finally {
    counting.stop();
  }
  if (onlyFailure !== undefined) throw onlyFailure;
  meter.close();
  return report.result();
}

/** Uploads an item, unless an earlier run stored the file as it is now. */
async function unlessStored(
  item: Item,
  storedFiles: StoredFiles | undefined,
  upload: () => Promise<Stored>,
): Promise<Stored | undefined> {
  if (storedFiles?.has(item)) return undefined;
  try {
    const stored = await upload();
    storedFiles?.add(item);
    return stored;
  } finally {
    storedFiles?.ended(item);
  }
}

/** Sets the meter's number of files and bytes. Unreadable files are reported when they are uploaded. */
function expectTotals(sources: Sources, meter: TransferMeter): { stop(): void } {
  const stopping = new AbortController();
  const count = async () => {
    const totals = await countItems(sources, stopping.signal);
    if (totals !== undefined) meter.expect(totals);
  };
  let timer: NodeJS.Timeout | undefined;
  if (sources.repeatable && !sources.several) meter.expect({ files: 1 });
  // What fails here fails in the upload too, which reports it.
  else if (sources.repeatable) timer = setTimeout(() => void count().catch(() => {}), COUNT_AFTER_MS);
  return {
    stop() {
      stopping.abort();
      clearTimeout(timer);
    },
  };
}
