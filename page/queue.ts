import type { Journal } from './resume/journal.ts';
import { type Caller, ownerOf } from './transfer/caller.ts';
import type { Digester } from './transfer/digester.ts';
import type { EdgeClient } from './transfer/edge-client.ts';
import { nextName, type PickedFile, placeFiles } from './transfer/keys.ts';
import type { UploadState } from './transfer/progress.ts';
import { discard, type Stored, upload } from './transfer/upload.ts';
import { asUploadError, type UploadError } from './transfer/upload-error.ts';

/** A chosen file and the state of its upload. */
export interface Item {
  readonly path: string;
  readonly file: File;
  readonly key: string;
  /** What the key has in front of the path. */
  readonly prefix: string;
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

/** Whether a file is sent, or waits until other files are sent. */
export const isActive = ({ state }: Item) => state === 'sending' || state === 'waiting';

export interface QueueOptions {
  readonly edge: EdgeClient;
  readonly caller: Caller;
  readonly journal: Journal;
  readonly digester: Digester;
  /** Called after each change of an item. A removed item is no longer in the list. */
  readonly onChange: (item: Item) => void;
}

/** Files sent at the same time. More would delay small files; the edge client limits their requests together. */
const FILES_AT_ONCE = 3;

/** Milliseconds over which a rate is measured. */
const RATE_MS = 5_000;

interface Run {
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

/** The chosen files. A few are sent at the same time. */
export class Queue {
  readonly #options: QueueOptions;
  readonly #items: Item[] = [];
  readonly #running = new Map<Item, Run>();

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  get items(): readonly Item[] {
    return this.#items;
  }

  /** Adds files and sends them. A file replaces a failed one with the same key. */
  add(picked: readonly PickedFile[], prefix: string): void {
    const { caller } = this.#options;
    const taken = this.#items.filter(({ state }) => state !== 'failed').map(({ key }) => key);
    const placed = placeFiles(picked, { caller, prefix, taken });
    const accepted = new Set(placed.filter(({ error }) => error === undefined).map(({ key }) => key));
    // A file that is chosen again replaces its failed upload.
    const replaced = this.#items.filter(({ state, key }) => state === 'failed' && accepted.has(key));
    for (const item of replaced) this.#takeOut(item);
    for (const { file, path, key, error } of placed) {
      const state = error === undefined ? 'waiting' : 'failed';
      const item: Item = { file, path, key, prefix, state, doing: 'sending', sentBytes: 0 };
      if (error !== undefined) item.error = error;
      this.#items.push(item);
      this.#options.onChange(item);
    }
    this.#sendNext();
  }

  pause(item: Item): void {
    if (item.state === 'waiting') item.state = 'paused';
    this.#running.get(item)?.abort.abort();
    this.#options.onChange(item);
  }

  /** Starts a paused or failed item. */
  start(item: Item): void {
    if (item.state !== 'paused' && item.state !== 'failed') return;
    item.state = 'waiting';
    this.#options.onChange(item);
    this.#sendNext();
  }

  /** Sends a file whose name is taken under another name. It becomes the last item. */
  sendRenamed(item: Item): void {
    // A second click, before the row is removed.
    if (!this.#items.includes(item)) return;
    const names = new Set(this.#items.map(({ path }) => path));
    let path = nextName(item.path);
    while (names.has(path)) path = nextName(path);
    this.#takeOut(item);
    this.add([{ file: item.file, path }], item.prefix);
  }

  /** Removes an item and aborts its unfinished upload. */
  async remove(item: Item): Promise<void> {
    const { edge, journal } = this.#options;
    const run = this.#running.get(item);
    run?.abort.abort();
    this.#takeOut(item);
    await run?.ended;
    // The parts of a key that another file in the list has too can be those of that file.
    const isShared = this.#items.some(({ key }) => key === item.key);
    if (item.state !== 'stored' && !isShared) await discard({ key: item.key, edge, journal });
  }

  /** Pauses all items. */
  stop(): void {
    for (const item of this.#items) this.pause(item);
  }

  #takeOut(item: Item): void {
    const at = this.#items.indexOf(item);
    if (at >= 0) this.#items.splice(at, 1);
    this.#options.onChange(item);
  }

  #sendNext(): void {
    for (const item of this.#items) {
      if (this.#running.size >= FILES_AT_ONCE) return;
      if (item.state !== 'waiting' || this.#running.has(item)) continue;
      const abort = new AbortController();
      item.state = 'sending';
      delete item.error;
      this.#options.onChange(item);
      this.#running.set(item, { abort, ended: this.#send(item, abort.signal) });
    }
  }

  async #send(item: Item, signal: AbortSignal): Promise<void> {
    try {
      item.stored = await this.#upload(item, signal);
      item.state = 'stored';
      item.storedAt = this.#options.edge.now();
    } catch (error) {
      const failure = asUploadError(error);
      // Paused, or being removed.
      item.state = failure.code === 'stopped' ? 'paused' : 'failed';
      if (item.state === 'failed') item.error = failure;
    } finally {
      delete item.rate;
      this.#running.delete(item);
      this.#options.onChange(item);
      this.#sendNext();
    }
  }

  #upload(item: Item, signal: AbortSignal): Promise<Stored> {
    const { edge, caller, journal, digester, onChange } = this.#options;
    const samples: Sample[] = [];
    return upload(item.file, {
      key: item.key,
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
  }
}

interface Sample {
  readonly at: number;
  readonly bytes: number;
}

function rateOf(samples: Sample[], bytes: number): number {
  const at = performance.now();
  samples.push({ at, bytes });
  while ((samples[0]?.at ?? at) < at - RATE_MS) samples.shift();
  const [first] = samples;
  const seconds = (at - (first?.at ?? at)) / 1000;
  return seconds < 0.5 ? 0 : Math.max((bytes - (first?.bytes ?? 0)) / seconds, 0);
}
