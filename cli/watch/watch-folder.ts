import type { Context } from '../context.ts';
import { interrupted, isUserError, systemCode, type UserError } from '../errors.ts';
import { ProxyRefusal } from '../network/proxy.ts';
import { journalFolder } from '../settings/folders.ts';
import { effectOf } from '../transfer/error-effects.ts';
import { createReport, type Outcome } from '../transfer/report.ts';
import { isSameStamp, readStamp } from '../transfer/sources/file-stamp.ts';
import type { Filter } from '../transfer/sources/filters.ts';
import type { Item } from '../transfer/sources/items.ts';
import type { Sources } from '../transfer/sources/sources.ts';
import { type UploadFilesOptions, uploadFiles } from '../transfer/upload.ts';
import { journalsIn } from '../transfer/uploader.ts';
import { CLOCK } from '../transfer/wire/retry.ts';
import { formatDuration } from '../ui/format.ts';
import { type AfterUpload, finishFile } from './after-upload.ts';
import { type Arrival, createArrivals } from './arrivals.ts';
import type { UploadLedger } from './ledger.ts';
import { createLongUploads } from './long-uploads.ts';
import { createWake, watchHints } from './wake.ts';

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
/** Maximum number of files for which a failed `--after` is remembered. */
const MAX_WARNED = 10_000;

/**
 * Uploads the files of a folder as they arrive, until the signal is aborted.
 * @throws {UserError} `interrupted`; the reason why no sign-in is possible; `forbidden` for a prefix that the caller is
 * not allowed to write
 */
export async function watchFolder(
  context: Context,
  { folder, intervalMs, after, ledger, ...rest }: WatchOptions,
  upload: UploadFilesOptions,
): Promise<never> {
  const { ui, signal } = context;
  const { now, sleep } = upload.clock ?? CLOCK;
  const sending = createLongUploads({ sleep }, (text) => ui.event({ type: 'note', text }));
  const warn = (text: string) => ui.event({ type: 'warning', text });
  const wake = createWake(signal);
  let stop: UserError | undefined;
  /** Whether the edge refuses all files with this prefix. */
  let forbidden = false;
  let pauseMs = FIRST_PAUSE_MS;
  let lookAt = now();

  const warned = new Set<string>();
  const finish = ({ path, relative, stamp }: Arrival) => {
    try {
      if (finishFile(path, relative, stamp, after)) ledger.remove(relative);
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      const text = `${path} is stored, but --after ${after.action} failed: ${systemCode(error)}.`;
      if (warned.size < MAX_WARNED && !warned.has(path)) warn(text);
      warned.add(path);
    }
  };
  const arrivals = createArrivals({ folder, ledger, now, signal, warn, onStored: finish, ...rest });

  const record = ({ name, key }: Item) => {
    const arrival = arrivals.get(name);
    if (arrival === undefined) return;
    // A file that has changed since is sent again.
    if (!isSameStamp(arrival.stamp, readStamp(arrival.path, { follow: false }))) return;
    ledger.add(arrival.relative, arrival.stamp, key);
    finish(arrival);
  };

  const onOutcome = ({ item, result }: Outcome) => {
    sending.end(item);
    if (!('error' in result)) {
      pauseMs = FIRST_PAUSE_MS;
      // Recorded before the file is reported, so that a reported file is not sent again.
      record(item);
      return arrivals.end(item.name, 'stored');
    }
    const { code } = result.error;
    const ends = effectOf(code).run !== undefined || item.kind === 'refused';
    if (ends) stop ??= result.error;
    forbidden ||= item.kind === 'refused' && code === 'forbidden';
    const changed = code === 'file_changed' || code === 'file_missing';
    // The pause for all files is enough.
    arrivals.end(item.name, changed || ends ? 'changed' : 'failed');
    if (stop !== undefined) wake.call();
  };

  async function* items(): AsyncGenerator<Item, void, void> {
    for (;;) {
      if (now() >= lookAt) {
        const began = now();
        // Before the scan, so that files arriving during it are noticed.
        hints.renew();
        await arrivals.look();
        lookAt = now() + Math.max(intervalMs, REST * (now() - began));
      }
      for (const item of arrivals.due()) {
        if (stop !== undefined) arrivals.end(item.name, 'changed');
        else {
          sending.begin(item);
          yield item;
        }
      }
      if (stop !== undefined) return;
      await wake.sleep(Math.max(0, Math.min(lookAt - now(), arrivals.wait())));
      if (stop !== undefined) return;
    }
  }

  const hints = watchHints(folder, () => {
    lookAt = Math.min(lookAt, now() + HINT_MS);
    wake.call();
  });
  // Prints a line for each file. There is no total that a bar could show.
  const lines = {
    ...ui,
    event: (event: Parameters<typeof ui.event>[0]) => event.type !== 'transfer' && ui.event(event),
  };
  const isWarned = () => !ledger.isRecorded();
  const journals = journalsIn(() => journalFolder(context), ui, isWarned);
  // No rate: most of the time passes without uploads.
  const report = createReport(upload.url, { now, inUse: context.inUse, hasRate: false });
  try {
    for (;;) {
      stop = undefined;
      await uploadFiles({ ...context, ui: lines }, itemSources(items), {
        ...upload,
        journals,
        report,
        onOutcome,
      });
      // `onOutcome` sets it.
      const reason = stop as UserError | undefined;
      if (reason === undefined) continue;
      const needsSettings = reason.cause instanceof ProxyRefusal && reason.cause.isFinal;
      if (forbidden || needsSettings || effectOf(reason.code).run === 'stop') throw reason;
      warn(`${reason.message} The next attempt is in ${formatDuration(pauseMs)}.`);
      lookAt = now();
      await sleep(pauseMs, signal).catch(() => {
        throw interrupted();
      });
      pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * pauseMs);
    }
  } catch (error) {
    if (isUserError(error) && error.code === 'interrupted') {
      throw interrupted('The same command resumes where this one stopped.');
    }
    throw error;
  } finally {
    hints.end();
    sending.close();
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
