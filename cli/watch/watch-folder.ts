import type { Context } from '../context.ts';
import { interrupted, isUserError, systemCode, type UserError } from '../errors.ts';
import { ProxyRefusal } from '../network/proxy.ts';
import { diskReason } from '../settings/disk-errors.ts';
import { journalFolder, ownFolders } from '../settings/folders.ts';
import { effectOf } from '../transfer/error-effects.ts';
import { type Outcome, UploadReport } from '../transfer/report.ts';
import { isSameStamp, readStamp } from '../transfer/sources/file-stamp.ts';
import type { Filter } from '../transfer/sources/filters.ts';
import type { Item } from '../transfer/sources/items.ts';
import type { Sources } from '../transfer/sources/sources.ts';
import { type UploadFilesOptions, uploadFiles } from '../transfer/upload.ts';
import { journalsIn } from '../transfer/uploader.ts';
import { CLOCK, type Clock } from '../transfer/wire/retry.ts';
import { formatDuration } from '../ui/format.ts';
import { type AfterUpload, finishFile } from './after-upload.ts';
import { type Arrival, Arrivals } from './arrivals.ts';
import type { UploadLedger } from './ledger.ts';
import { createLongUploads, type LongUploads } from './long-uploads.ts';
import { createWake, type Hints, type Wake, watchHints } from './wake.ts';
import { warnOnce } from './warn-once.ts';

export interface WatchOptions {
  /** Absolute path without links. */
  readonly folder: string;
  readonly prefix: string;
  readonly filter: Filter;
  readonly settleMs: number;
  /** Minimum milliseconds between two scans. */
  readonly intervalMs: number;
  readonly after: AfterUpload;
  readonly ledger: UploadLedger;
}

/** Milliseconds between a notification and the scan that it causes, because more files may follow. */
const HINT_MS = 250;
/** Scans take at most a fifth of the time. */
const REST = 4;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 300_000;

/**
 * Uploads the files of a folder as they arrive, until the signal is aborted.
 * @throws {UserError} `interrupted`; the reason why no sign-in is possible; `forbidden` for a prefix that the caller is
 * not allowed to write
 */
export async function watchFolder(
  context: Context,
  options: WatchOptions,
  upload: UploadFilesOptions,
): Promise<never> {
  const watcher = new FolderWatcher(context, options, upload);
  try {
    return await watcher.run();
  } catch (error) {
    if (isUserError(error) && error.code === 'interrupted') {
      // Without a ledger, the same command sends the files again, as a warning has said.
      const isKnown = options.ledger.isRecorded();
      throw interrupted(isKnown ? 'The same command resumes where this one stopped.' : undefined);
    }
    throw error;
  } finally {
    watcher.close();
  }
}

class FolderWatcher {
  readonly #context: Context;
  readonly #options: WatchOptions;
  readonly #upload: UploadFilesOptions;
  readonly #clock: Pick<Clock, 'now' | 'sleep'>;
  readonly #arrivals: Arrivals;
  readonly #sending: LongUploads;
  readonly #wake: Wake;
  readonly #hints: Hints;
  /** Reports a failed `--after`, once for each file. */
  readonly #warnOfAfter: ReturnType<typeof warnOnce>;
  /** Why the current round of uploads ends. */
  #stop: UserError | undefined;
  /** Whether the edge refuses all files with this prefix. */
  #forbidden = false;
  #pauseMs = FIRST_PAUSE_MS;
  #scanAt: number;

  constructor(context: Context, options: WatchOptions, upload: UploadFilesOptions) {
    const { ui, signal } = context;
    this.#context = context;
    this.#options = options;
    this.#upload = upload;
    this.#clock = upload.clock ?? CLOCK;
    const { now } = this.#clock;
    this.#scanAt = now();
    this.#sending = createLongUploads(this.#clock, (text) => ui.event({ type: 'note', text }));
    this.#wake = createWake(signal);
    this.#warnOfAfter = warnOnce((text) => this.#warn(text));
    this.#arrivals = new Arrivals({
      ...options,
      ownFolders: ownFolders(context),
      now,
      signal,
      warn: (text) => this.#warn(text),
      onStored: (arrival) => this.#finish(arrival),
    });
    this.#hints = watchHints(options.folder, () => {
      this.#scanAt = Math.min(this.#scanAt, now() + HINT_MS);
      this.#wake.call();
    });
  }

  async run(): Promise<never> {
    const context = this.#context;
    const { ui, inUse } = context;
    // Prints a line for each file. There is no total that a bar could show.
    const lines = {
      ...ui,
      event: (event: Parameters<typeof ui.event>[0]) => event.type !== 'transfer' && ui.event(event),
    };
    const isWarned = () => !this.#options.ledger.isRecorded();
    const options = {
      ...this.#upload,
      journals: journalsIn(() => journalFolder(context), ui, isWarned),
      // No rate: most of the time passes without uploads.
      report: new UploadReport(this.#upload.url, { now: this.#clock.now, inUse, hasRate: false }),
      onOutcome: (outcome: Outcome) => this.#onOutcome(outcome),
    };
    for (;;) {
      this.#stop = undefined;
      await uploadFiles(
        { ...context, ui: lines },
        itemSources(() => this.#items()),
        options,
      );
      // `onOutcome` sets it.
      const reason = this.#stop as UserError | undefined;
      if (reason !== undefined) await this.#pause(reason);
    }
  }

  close(): void {
    this.#hints.end();
    this.#sending.close();
  }

  async *#items(): AsyncGenerator<Item, void, void> {
    const { now } = this.#clock;
    for (;;) {
      if (now() >= this.#scanAt) await this.#scan();
      for (const item of this.#arrivals.due()) {
        if (this.#stop !== undefined) this.#arrivals.end(item.name, 'changed');
        else {
          this.#sending.begin(item);
          yield item;
        }
      }
      if (this.#stop !== undefined) return;
      await this.#wake.sleep(Math.max(0, Math.min(this.#scanAt - now(), this.#arrivals.wait())));
      if (this.#stop !== undefined) return;
    }
  }

  async #scan(): Promise<void> {
    const { now } = this.#clock;
    const began = now();
    // Before the scan, so that files arriving during it are noticed.
    this.#hints.renew();
    await this.#arrivals.scan();
    this.#scanAt = now() + Math.max(this.#options.intervalMs, REST * (now() - began));
  }

  #onOutcome({ item, result }: Outcome): void {
    this.#sending.end(item);
    if (!('error' in result)) {
      this.#pauseMs = FIRST_PAUSE_MS;
      // Recorded before the file is reported, so that a reported file is not sent again.
      this.#record(item);
      this.#arrivals.end(item.name, 'stored');
      return;
    }
    const { code } = result.error;
    // A key that the caller's own prefix makes too long concerns its file alone.
    const ends = effectOf(code).run !== undefined || (item.kind === 'refused' && code !== 'bad_key');
    if (ends) this.#stop ??= result.error;
    this.#forbidden ||= item.kind === 'refused' && code === 'forbidden';
    const changed = code === 'file_changed' || code === 'file_missing';
    // The pause for all files is enough.
    this.#arrivals.end(item.name, changed || ends ? 'changed' : 'failed');
    if (this.#stop !== undefined) this.#wake.call();
  }

  /** Records a stored file, unless it has changed since. A changed file is sent again. */
  #record({ name, key }: Item): void {
    const arrival = this.#arrivals.get(name);
    if (arrival === undefined) return;
    if (!isSameStamp(arrival.stamp, readStamp(arrival.path, { follow: false }))) return;
    this.#options.ledger.add(arrival.relative, arrival.stamp, key);
    this.#finish(arrival);
  }

  /** Moves or deletes a stored file, as `--after` requests. */
  #finish({ path, relative, stamp }: Arrival): void {
    const { after, ledger } = this.#options;
    try {
      if (finishFile(path, relative, stamp, after)) ledger.remove(relative);
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      this.#warnOfAfter(`${path} is stored, but --after ${after.action} failed: ${diskReason(error)}.`, path);
    }
  }

  /** Waits after a failure that affects all files. @throws the reason if a later attempt cannot succeed */
  async #pause(reason: UserError): Promise<void> {
    const { now, sleep } = this.#clock;
    const needsSettings = reason.cause instanceof ProxyRefusal && reason.cause.isFinal;
    if (this.#forbidden || needsSettings || effectOf(reason.code).run === 'stop') throw reason;
    this.#warn(`${reason.message} The next attempt is in ${formatDuration(this.#pauseMs)}.`);
    this.#scanAt = now();
    await sleep(this.#pauseMs, this.#context.signal).catch(() => {
      throw interrupted();
    });
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * this.#pauseMs);
  }

  #warn(text: string): void {
    this.#context.ui.event({ type: 'warning', text });
  }
}

/** Returns sources for items that are found once, one at a time. */
function itemSources(items: Sources['items']): Sources {
  return {
    several: true,
    repeatable: false,
    items,
    async *batches(warn): AsyncGenerator<readonly Item[], void, void> {
      for await (const item of items(warn)) yield [item];
    },
  };
}
