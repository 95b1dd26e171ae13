import type { Journal } from './resume/journal.ts';
import { type Caller, ownerOf } from './transfer/caller.ts';
import type { Digester } from './transfer/digester.ts';
import type { EdgeClient } from './transfer/edge-client.ts';
import { type PickedFile, placeFiles } from './transfer/keys.ts';
import type { UploadState } from './transfer/progress.ts';
import { discard, type Stored, upload } from './transfer/upload.ts';
import { UploadError } from './transfer/upload-error.ts';

/** A chosen file and the state of its upload. */
export interface Item {
  readonly path: string;
  readonly file: File;
  readonly key: string;
  state: 'waiting' | 'sending' | 'paused' | 'stored' | 'failed';
  /** What the upload is doing while the state is `sending`. */
  doing: UploadState;
  sentBytes: number;
  /** Bytes per second, over the last {@link RATE_MS}. */
  rate?: number;
  error?: UploadError;
  stored?: Stored;
  storedAt?: Date;
}

export interface QueueOptions {
  readonly edge: EdgeClient;
  readonly caller: Caller;
  readonly journal: Journal;
  readonly digester: Digester;
  /** Called after each change of an item. A removed item is no longer in the list. */
  readonly onChange: (item: Item) => void;
}

/** The chosen files. A few are sent at the same time. */
export interface Queue {
  readonly items: readonly Item[];
  /** Adds files and sends them. A file replaces a failed one with the same key. */
  add(picked: readonly PickedFile[], prefix: string): void;
  pause(item: Item): void;
  /** Starts a paused or failed item. */
  start(item: Item): void;
  /** Removes an item and aborts its unfinished upload. */
  remove(item: Item): Promise<void>;
  /** Pauses all items. */
  stop(): void;
}

/** Files sent at the same time. More would delay small files; the edge client limits their requests together. */
const FILES_AT_ONCE = 3;

/** Milliseconds over which a rate is measured. */
const RATE_MS = 5_000;

export function createQueue({ edge, caller, journal, digester, onChange }: QueueOptions): Queue {
  const items: Item[] = [];
  const running = new Map<Item, { readonly abort: AbortController; readonly ended: Promise<void> }>();

  const next = () => {
    for (const item of items) {
      if (running.size >= FILES_AT_ONCE) return;
      if (item.state !== 'waiting' || running.has(item)) continue;
      const abort = new AbortController();
      item.state = 'sending';
      delete item.error;
      onChange(item);
      running.set(item, { abort, ended: send(item, abort.signal) });
    }
  };

  const send = async (item: Item, signal: AbortSignal): Promise<void> => {
    const samples: { readonly at: number; readonly bytes: number }[] = [];
    const { key, file } = item;
    try {
      item.stored = await upload(file, {
        key,
        edge,
        journal,
        digester,
        signal,
        owner: ownerOf(caller),
        maxSize: caller.maxSize,
        noClobber: caller.noClobber,
        onProgress(bytes) {
          item.sentBytes = bytes;
          item.rate = rateOf(samples, bytes);
          onChange(item);
        },
        onState(state) {
          item.doing = state;
          onChange(item);
        },
      });
      item.state = 'stored';
      item.storedAt = new Date();
    } catch (error) {
      if (!(error instanceof UploadError)) throw error;
      // Paused, or being removed.
      item.state = error.code === 'stopped' ? 'paused' : 'failed';
      if (item.state === 'failed') item.error = error;
    } finally {
      delete item.rate;
      running.delete(item);
      onChange(item);
      next();
    }
  };

  const pause = (item: Item) => {
    if (item.state === 'waiting') item.state = 'paused';
    running.get(item)?.abort.abort();
    onChange(item);
  };

  const takeOut = (item: Item) => {
    const at = items.indexOf(item);
    if (at >= 0) items.splice(at, 1);
    onChange(item);
  };

  return {
    items,
    add(picked, prefix) {
      const taken = items.filter(({ state }) => state !== 'failed').map(({ key }) => key);
      const placed = placeFiles(picked, { caller, prefix, taken });
      const accepted = new Set(placed.filter(({ error }) => error === undefined).map(({ key }) => key));
      // A file that is chosen again replaces its failed upload.
      for (const item of items.filter(({ state, key }) => state === 'failed' && accepted.has(key)))
        takeOut(item);
      for (const { file, path, key, error } of placed) {
        const state = error === undefined ? 'waiting' : 'failed';
        const item: Item = { file, path, key, state, doing: 'sending', sentBytes: 0 };
        if (error !== undefined) item.error = error;
        items.push(item);
        onChange(item);
      }
      next();
    },
    pause,
    start(item) {
      if (item.state !== 'paused' && item.state !== 'failed') return;
      item.state = 'waiting';
      onChange(item);
      next();
    },
    async remove(item) {
      const run = running.get(item);
      run?.abort.abort();
      takeOut(item);
      await run?.ended;
      // A file that was refused, such as one whose key is already in the list, has no parts of its own.
      const hasParts = item.state !== 'stored' && item.error?.retryable !== false;
      if (hasParts) await discard({ key: item.key, edge, journal });
    },
    stop() {
      for (const item of items) pause(item);
    },
  };
}

function rateOf(samples: { readonly at: number; readonly bytes: number }[], bytes: number): number {
  const at = performance.now();
  samples.push({ at, bytes });
  while ((samples[0]?.at ?? at) < at - RATE_MS) samples.shift();
  const [first] = samples;
  const seconds = (at - (first?.at ?? at)) / 1000;
  return seconds < 0.5 ? 0 : Math.max((bytes - (first?.bytes ?? 0)) / seconds, 0);
}
