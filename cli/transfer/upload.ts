import { DESCRIPTION_KEY } from '../../protocol/object-url.ts';
import type { Context, Result } from '../context.ts';
import { interrupted, isUserError, systemCode, UserError } from '../errors.ts';
import { orInterrupted, resumable } from '../network/cancellation.ts';
import { NO_DESCRIPTOR } from '../settings/disk-errors.ts';
import { journalFolder } from '../settings/folders.ts';
import { effectOf } from './error-effects.ts';
import type { Journals } from './multipart/journals.ts';
import { forEachAtOnce } from './pacing/pool.ts';
import { createPlacing, type Placing } from './placing.ts';
import { checkPartSize, type PlanOptions } from './plan.ts';
import { expectTotals, TransferMeter } from './progress.ts';
import { type HeaderOptions, objectHeaders, type Stored } from './put-object.ts';
import { type Outcome, UploadReport } from './report.ts';
import { signInIds } from './sources/file-stamp.ts';
import type { Item } from './sources/items.ts';
import type { Sources } from './sources/sources.ts';
import { journalsIn, openUploader, type UploadContextOptions } from './uploader.ts';
import type { EdgeClient } from './wire/edge-client.ts';
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

/** Number of first files without a response after which the others are not tried. */
const UNANSWERED_FILES = 2;

/** Returns whether the edge responds to a short request, which is retried for a few seconds. */
async function isReachable(edge: EdgeClient): Promise<boolean> {
  try {
    await edge.request({ method: 'GET', key: DESCRIPTION_KEY, subject: edge.url }, () => undefined);
    return true;
  } catch (error) {
    if (!isUserError(error)) throw error;
    return effectOf(error.code).run === undefined;
  }
}

const RESUME_HINT = 'Run the same command again; a large file resumes where it stopped.';

/** Returns the error after Ctrl-C at an item. A stream cannot be read a second time. */
function stoppedAt({ kind }: Item): UserError {
  return interrupted(kind === 'file' ? RESUME_HINT : undefined);
}

interface RunOptions {
  /** Files under way at once. */
  readonly files: number;
  /** Absent: keys are not changed. */
  readonly placing?: Placing | undefined;
  /** Client for short requests. */
  readonly edge: EdgeClient;
  /** Milliseconds of a steady clock. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly onOutcome: (outcome: Outcome) => void;
}

/**
 * Uploads items, several at once. A failed item does not stop the others, unless they would fail for the same reason.
 * @param upload returns `undefined` for a file that was stored before and is unchanged.
 * @throws {UserError} `interrupted`, once the uploads under way have ended; and every error that is not a UserError.
 */
async function uploadAll(
  items: AsyncIterable<Item>,
  upload: (item: Item) => Promise<Stored | undefined>,
  { files, placing, edge, now, signal, onOutcome }: RunOptions,
): Promise<void> {
  let stopped: UserError | undefined;
  let answered = false;
  let unanswered = 0;

  /** The error of an upload that was given up, if nothing was stored after it. */
  let lost: UserError | undefined;
  let asked: Promise<boolean> | undefined;

  const judge = (error: UserError) => {
    const { answered: isAnswered, run } = effectOf(error.code);
    if (isAnswered) answered = true;
    // Each file would wait as long for a descriptor.
    if (run === 'stop' || NO_DESCRIPTOR.has(systemCode(error))) stopped ??= error;
    if (run !== 'stop unanswered') return;
    unanswered += 1;
    if (answered) lost ??= error;
    else if (unanswered >= UNANSWERED_FILES) stopped ??= error;
  };

  /** After an upload was given up, asks the edge before the next one, because the network may have failed for all. */
  const checkEdge = async () => {
    const error = lost;
    if (error === undefined) return;
    asked ??= isReachable(edge).finally(() => {
      asked = undefined;
    });
    // Neither, if a file was stored meanwhile.
    if (!(await orInterrupted(asked, signal)) && lost === error) stopped ??= error;
    else if (lost === error) lost = undefined;
  };

  const attempt = async (item: Item): Promise<Outcome['result']> => {
    if (stopped === undefined) await resumable(RESUME_HINT, checkEdge);
    if (stopped !== undefined) {
      return { error: new UserError(stopped.code, `Not tried: ${stopped.message}`, { cause: stopped }) };
    }
    try {
      const stored = await upload(item);
      if (stored === undefined) return { unchanged: true };
      answered = true;
      lost = undefined;
      return { stored };
    } catch (error) {
      if (!isUserError(error)) throw error;
      if (error.code === 'interrupted') {
        throw error.hint === undefined ? stoppedAt(item) : error;
      }
      judge(error);
      return { error };
    }
  };

  await forEachAtOnce(withHint(items), files, async (item) => {
    if (signal.aborted) throw stoppedAt(item);
    const began = now();
    let placed = (await placing?.place(item)) ?? { item };
    let result = await attempt(placed.item);
    const again = 'error' in result && (await placing?.placeAgain(item, placed, result.error));
    if (again) {
      placed = again;
      result = await attempt(placed.item);
    }
    onOutcome({ item: placed.item, seconds: (now() - began) / 1000, result });
  });
}

async function* withHint(items: AsyncIterable<Item>): AsyncGenerator<Item, void, void> {
  try {
    yield* items;
  } catch (error) {
    throw isUserError(error) && error.code === 'interrupted' ? interrupted(RESUME_HINT) : error;
  }
}
