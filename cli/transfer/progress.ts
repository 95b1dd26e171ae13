import { omitUndefined } from '../../protocol/fields.ts';
import type { Ui } from '../ui/ui.ts';
import { countItems } from './sources/count-items.ts';
import type { Sources } from './sources/sources.ts';
import type { Trouble } from './wire/edge-client.ts';

/** Minimum milliseconds between two events. */
const INTERVAL_MS = 100;

/** Time over which the rate is measured, milliseconds. */
const RATE_WINDOW_MS = 5_000;

/** One file's share of the progress. */
export interface FileMeter {
  /** Counts bytes sent; negative for those of a failed attempt. */
  readonly moved: (bytes: number) => void;
  /** Counts bytes that are already stored: in the sum, not in the rate. */
  readonly found: (bytes: number) => void;
  /** Counts bytes of a stream that were read, and may still be in memory. */
  readonly read: (bytes: number) => void;
  /** The file ended, stored or failed. */
  readonly end: () => void;
}

interface Totals {
  readonly files?: number;
  readonly bytes?: number;
}

/** The rate at which bytes were sent over the last seconds. */
class RateWindow {
  readonly #samples: { at: number; bytes: number }[];

  constructor(at: number) {
    this.#samples = [{ at, bytes: 0 }];
  }

  /** Adds a sample of the sum of all bytes, and returns bytes per second. */
  add(at: number, bytes: number): number {
    this.#samples.push({ at, bytes });
    while (this.#samples.length > 2 && at - (this.#samples[1]?.at ?? at) > RATE_WINDOW_MS) {
      this.#samples.shift();
    }
    const [first] = this.#samples;
    if (first === undefined || at <= first.at) return 0;
    return Math.max(0, ((bytes - first.bytes) / (at - first.at)) * 1000);
  }

  /** Adds bytes that were not sent to the sum of all samples. */
  skip(bytes: number): void {
    for (const sample of this.#samples) sample.bytes += bytes;
  }
}

interface Active {
  readonly name: string;
  readonly size?: number;
  bytes: number;
}

/** Adds up all transfers, and reports them several times a second. */
export class TransferMeter {
  readonly #ui: Pick<Ui, 'event'>;
  readonly #now: () => number;
  readonly #active = new Set<Active>();
  readonly #window: RateWindow;
  #bytes = 0;
  #readBytes: number | undefined;
  #filesDone = 0;
  #totals: Totals = {};
  #trouble: Trouble | undefined;
  #lastEvent = Number.NEGATIVE_INFINITY;

  constructor(ui: Pick<Ui, 'event'>, now: () => number) {
    this.#ui = ui;
    this.#now = now;
    this.#window = new RateWindow(now());
  }

  /** Sets the totals, once they are known. */
  expect(totals: Totals): void {
    this.#totals = totals;
  }

  /** Sets the requests that wait for a retry. */
  readonly trouble = (now: Trouble): void => {
    this.#trouble = now.count === 0 ? undefined : now;
    // Nothing else may be reported until the retry.
    this.#report();
  };

  begin(name: string, size?: number): FileMeter {
    const file: Active = { name, bytes: 0, ...omitUndefined({ size }) };
    this.#active.add(file);
    // For a single file, its size is the total.
    if (this.#totals.files === 1 && size !== undefined) this.#totals = { files: 1, bytes: size };
    return {
      moved: (bytes) => this.#add(file, bytes),
      found: (bytes) => {
        this.#window.skip(bytes);
        this.#add(file, bytes);
      },
      read: (bytes) => this.#addRead(bytes),
      end: () => {
        if (this.#active.delete(file)) this.#filesDone += 1;
        this.#reportSeldom();
      },
    };
  }

  /** Sends a last event. */
  close(): void {
    this.#report();
  }

  #add(file: Active, bytes: number): void {
    file.bytes += bytes;
    this.#bytes += bytes;
    this.#reportSeldom();
  }

  #addRead(bytes: number): void {
    const isFirst = this.#readBytes === undefined;
    this.#readBytes = (this.#readBytes ?? 0) + bytes;
    // A stream may have no bytes for a long time.
    if (isFirst) this.#report();
    else this.#reportSeldom();
  }

  #reportSeldom(): void {
    if (this.#now() - this.#lastEvent >= INTERVAL_MS) this.#report();
  }

  #report(): void {
    const at = this.#now();
    this.#lastEvent = at;
    const { bytes: totalBytes, files: totalFiles } = this.#totals;
    this.#ui.event({
      type: 'transfer',
      bytes: this.#bytes,
      filesDone: this.#filesDone,
      rate: this.#window.add(at, this.#bytes),
      ...omitUndefined({ totalBytes, totalFiles, readBytes: this.#readBytes, trouble: this.#trouble }),
      active: [...this.#active].map((one) => ({ ...one })),
    });
  }
}

/** Milliseconds after which several files are counted for the progress, because counting takes time too. */
const COUNT_AFTER_MS = 1_500;

/** Sets the meter's number of files and bytes. Unreadable files are reported when they are uploaded. */
export function expectTotals(sources: Sources, meter: TransferMeter): { stop(): void } {
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
