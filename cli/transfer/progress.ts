import { omitUndefined } from '../../protocol/fields.ts';
import type { Ui } from '../ui/ui.ts';
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

export interface Meter {
  /** Sets the totals, once they are known. */
  expect(totals: { readonly files?: number; readonly bytes?: number }): void;
  /** Sets the requests that wait for a retry. */
  trouble(now: Trouble): void;
  begin(name: string, size?: number): FileMeter;
  /** Sends a last event. */
  close(): void;
}

interface Active {
  readonly name: string;
  readonly size?: number;
  bytes: number;
}

/** Creates a meter that adds up all transfers, and reports them several times a second. */
export function createMeter(ui: Pick<Ui, 'event'>, now: () => number): Meter {
  const active = new Set<Active>();
  const samples: { at: number; bytes: number }[] = [{ at: now(), bytes: 0 }];
  let bytes = 0;
  let readBytes: number | undefined;
  let filesDone = 0;
  let totals: { readonly files?: number; readonly bytes?: number } = {};
  let trouble: Trouble | undefined;
  let lastEvent = Number.NEGATIVE_INFINITY;

  const rate = (at: number): number => {
    samples.push({ at, bytes });
    while (samples.length > 2 && at - (samples[1]?.at ?? at) > RATE_WINDOW_MS) samples.shift();
    const first = samples[0];
    if (first === undefined || at <= first.at) return 0;
    return Math.max(0, ((bytes - first.bytes) / (at - first.at)) * 1000);
  };

  const tell = (always: boolean) => {
    const at = now();
    if (!always && at - lastEvent < INTERVAL_MS) return;
    lastEvent = at;
    ui.event({
      type: 'transfer',
      bytes,
      filesDone,
      rate: rate(at),
      ...omitUndefined({ totalBytes: totals.bytes, totalFiles: totals.files, readBytes, trouble }),
      active: [...active].map((one) => ({ ...one })),
    });
  };

  return {
    expect(known) {
      totals = known;
    },
    trouble(now) {
      trouble = now.count === 0 ? undefined : now;
      // Nothing else may be reported until the retry.
      tell(true);
    },
    begin(name, size) {
      const one: Active = { name, bytes: 0, ...omitUndefined({ size }) };
      active.add(one);
      // For a single file, its size is the total.
      if (totals.files === 1 && size !== undefined) totals = { files: 1, bytes: size };
      return {
        moved(delta) {
          one.bytes += delta;
          bytes += delta;
          tell(false);
        },
        found(delta) {
          one.bytes += delta;
          bytes += delta;
          for (const sample of samples) sample.bytes += delta;
          tell(false);
        },
        read(delta) {
          // A stream may have no bytes for a long time.
          const isFirst = readBytes === undefined;
          readBytes = (readBytes ?? 0) + delta;
          tell(isFirst);
        },
        end() {
          if (active.delete(one)) filesDone += 1;
          tell(false);
        },
      };
    },
    close: () => tell(true),
  };
}
