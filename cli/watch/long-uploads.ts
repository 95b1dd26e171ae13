import type { Item } from '../transfer/sources/items.ts';
import type { Clock } from '../transfer/wire/retry.ts';
import { formatBytes } from '../ui/format.ts';

/** An upload that takes longer is announced on a separate line before its result. Milliseconds. */
const LONG_MS = 3_000;

export interface LongUploads {
  begin(item: Item): void;
  end(item: Item): void;
  close(): void;
}

/** Reports which files are being sent, for uploads that take long. */
export function createLongUploads(
  { sleep }: Pick<Clock, 'sleep'>,
  note: (text: string) => void,
): LongUploads {
  const underWay = new Map<string, AbortController>();
  return {
    begin(item) {
      const ended = new AbortController();
      underWay.set(item.name, ended);
      const size = item.kind === 'file' && item.expected ? `, ${formatBytes(item.expected.size)}` : '';
      sleep(LONG_MS, ended.signal).then(
        () => note(`Sending ${item.key}${size}`),
        // The upload ended before.
        () => {},
      );
    },
    end({ name }) {
      underWay.get(name)?.abort();
      underWay.delete(name);
    },
    close() {
      for (const ended of underWay.values()) ended.abort();
    },
  };
}
