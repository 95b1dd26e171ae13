import { cutEnd, cutMiddle } from './columns.ts';
import type { TransferEvent, UiEvent } from './events.ts';
import { formatBytes, formatDuration } from './format.ts';
import { filesLine, progressLine, shareSent, troubleLine } from './progress-line.ts';
import { isUnderWay, resourceName, whyItTakes } from './resource-words.ts';
import { type Symbols, visible } from './shown.ts';

export type ResourceEvent = Extract<UiEvent, { type: 'resource' }>;

/** Maximum number of files that have a line of their own. */
const ACTIVE_FILES = 4;
/** Columns for share, bytes, rate and time left. */
const NUMBERS_COLUMNS = 54;
/** A bar narrower than the first shows nothing. */
const BAR_COLUMNS = { least: 8, most: 30 } as const;
/** Milliseconds after which a line shows how long its work has taken. */
const LONG_MS = 3000;

/** Returns a bar of at most `columns` columns, filled by `share` (0 to 1); empty if there is no space for one. */
function bar(share: number, columns: number, { bar: { full, empty } }: Symbols): string {
  if (columns < BAR_COLUMNS.least) return '';
  const width = Math.min(columns, BAR_COLUMNS.most);
  const filled = Math.floor(Math.min(1, Math.max(0, share)) * width);
  return full.repeat(filled) + empty.repeat(width - filled);
}

/** Returns a line for each file under way, at most `lines` of them, none wider than `width`. */
export function activeLines({ active }: TransferEvent, width: number, lines: number): string[] {
  return active.slice(0, lines).map(({ name, bytes, size }) => {
    const share = size ? `${Math.floor((bytes / size) * 100)}%`.padStart(4) : formatBytes(bytes).padStart(4);
    return `${share}  ${cutMiddle(visible(name), Math.max(8, width - share.length - 6))}`;
  });
}

interface Task {
  readonly since: number;
  readonly detail?: string;
}

export interface BlockOptions {
  readonly now: () => Date;
  readonly symbols: Symbols;
  /** Columns of a line. */
  readonly width: () => number;
}

/** What is under way: tasks, resources of the stack, and an upload. */
export class TerminalBlock {
  transfer: TransferEvent | undefined;
  readonly #tasks = new Map<string, Task>();
  readonly #resources = new Map<string, { readonly type: string; readonly since: number }>();
  readonly #options: BlockOptions;

  constructor(options: BlockOptions) {
    this.#options = options;
  }

  startTask(task: string): void {
    this.#tasks.set(task, { since: this.#now() });
  }

  detailTask(task: string, detail: string): void {
    this.#tasks.set(task, { since: this.#now(), ...this.#tasks.get(task), detail });
  }

  /** Returns how long the task took, in milliseconds. */
  endTask(task: string): number {
    const since = this.#tasks.get(task)?.since ?? this.#now();
    this.#tasks.delete(task);
    this.transfer = undefined;
    return this.#now() - since;
  }

  changeResource(event: ResourceEvent): void {
    const { logicalId, resourceType: type, at } = event;
    if (!isUnderWay(event)) this.#resources.delete(logicalId);
    else if (!this.#resources.has(logicalId)) this.#resources.set(logicalId, { type, since: at.getTime() });
  }

  clear(): void {
    this.#tasks.clear();
    this.#resources.clear();
    this.transfer = undefined;
  }

  /** Returns the lines, none wider than the terminal. */
  lines(): string[] {
    const tasks = [...this.#tasks].map(
      ([task, { detail, since }]) =>
        `${task}${detail === undefined ? '' : `: ${detail}`}${this.#elapsed(since)}`,
    );
    const resources = [...this.#resources.values()].map(({ type, since }) => {
      const why = whyItTakes(type);
      return `waiting for the ${resourceName(type)}${why === undefined ? '' : `: ${why}`}${this.#elapsed(since)}`;
    });
    const lines = [...tasks, ...resources].map((one) => this.#fit(one));
    return this.transfer === undefined ? lines : [...lines, ...this.#progress(this.transfer)];
  }

  #progress(event: TransferEvent): string[] {
    const { symbols, width } = this.#options;
    const share = shareSent(event);
    // The bar has a fixed width, independent of the numbers beside it.
    const drawn = share === undefined ? '' : bar(share, width() - NUMBERS_COLUMNS, symbols);
    const text = progressLine(event);
    const below = [filesLine(event), troubleLine(event)].filter((one) => one !== undefined);
    return [
      this.#fit(drawn === '' ? text : `${drawn} ${text}`),
      ...below.map((one) => this.#fit(one)),
      ...activeLines(event, width(), ACTIVE_FILES),
    ];
  }

  #fit(text: string): string {
    return cutEnd(visible(text), this.#options.width());
  }

  #elapsed(since: number): string {
    const ms = this.#now() - since;
    return ms < LONG_MS ? '' : ` (${formatDuration(ms)})`;
  }

  #now(): number {
    return this.#options.now().getTime();
  }
}
