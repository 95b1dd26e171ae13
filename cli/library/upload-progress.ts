import { omitUndefined } from '../../protocol/fields.ts';
import { TransferMeter } from '../transfer/progress.ts';
import { CLOCK } from '../transfer/wire/retry.ts';
import type { UploadProgress } from './types.ts';

/** The newest progress of an upload, for its iterations. */
export interface ProgressFeed {
  readonly meter: TransferMeter;
  /** Ends all iterations when the upload has ended. */
  end(): void;
  /** Yields the newest progress after each change, until the upload ends. */
  iterate(): AsyncGenerator<UploadProgress, void, void>;
}

/** Creates a feed. It stores one snapshot, however slowly it is read. */
export function createProgressFeed(): ProgressFeed {
  let newest: UploadProgress | undefined;
  let size: number | undefined;
  let ended = false;
  let changed = () => {};
  let change = new Promise<void>((resolve) => {
    changed = resolve;
  });
  const announce = () => {
    const wake = changed;
    change = new Promise<void>((resolve) => {
      changed = resolve;
    });
    wake();
  };
  const meter = new TransferMeter(
    {
      event(event) {
        if (event.type !== 'transfer') return;
        const { bytes, rate, trouble, active } = event;
        size = active[0]?.size ?? size;
        const isWaiting = trouble !== undefined;
        newest = { bytes, rate, isWaiting, ...omitUndefined({ totalBytes: size }) };
        announce();
      },
    },
    CLOCK.now,
  );
  return {
    meter,
    end() {
      meter.close();
      ended = true;
      announce();
    },
    async *iterate() {
      let seen: UploadProgress | undefined;
      for (;;) {
        const next = change;
        if (newest !== undefined && newest !== seen) {
          seen = newest;
          yield newest;
        } else if (ended) return;
        else await next;
      }
    },
  };
}
