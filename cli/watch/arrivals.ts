import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isUserError, systemCode } from '../errors.ts';
import { diskReason } from '../settings/disk-errors.ts';
import { type FileStamp, isSameStamp, readStamp } from '../transfer/sources/file-stamp.ts';
import type { Filter } from '../transfer/sources/filters.ts';
import type { Item } from '../transfer/sources/items.ts';
import { walk } from '../transfer/sources/walk.ts';
import { Holds } from './holds.ts';
import type { UploadLedger } from './ledger.ts';
import { warnOnce } from './warn-once.ts';

/** A file of the watched folder. */
export interface Arrival {
  readonly path: string;
  /** Path relative to the watched folder, with `/` between folders. */
  readonly relative: string;
  readonly stamp: FileStamp;
}

export interface ArrivalOptions {
  /** Absolute path without links. */
  readonly folder: string;
  readonly prefix: string;
  readonly filter: Filter;
  /** Folders that are skipped: edge-upload's own. */
  readonly ownFolders: readonly string[];
  /** Milliseconds for which a file must not change before it is uploaded. */
  readonly settleMs: number;
  readonly ledger: UploadLedger;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly warn: (text: string) => void;
  /** Called for each file that an earlier run stored. */
  readonly onStored: (arrival: Arrival) => void;
}

/** Maximum number of tracked files. Later scans find the others. */
const MAX_WAITING = 20_000;

interface Waiting {
  readonly arrival: Arrival;
  /** When the file had this stamp first. */
  readonly since: number;
}

/** Finds complete files in a folder. Links are skipped, because they lead out of the folder. */
export class Arrivals {
  readonly #options: ArrivalOptions;
  readonly #holds: Holds;
  readonly #waiting = new Map<string, Waiting>();
  readonly #underWay = new Map<string, Arrival>();
  readonly #warnOnce: (text: string) => void;

  constructor(options: ArrivalOptions) {
    this.#options = options;
    this.#holds = new Holds(options.now);
    this.#warnOnce = warnOnce(options.warn);
  }

  /** Scans the folder for new and changed files. */
  async scan(): Promise<void> {
    const { folder } = this.#options;
    try {
      await this.#scan();
    } catch (error) {
      if (isUserError(error) || systemCode(error) === undefined) throw error;
      // A disconnected disk can come back.
      this.#warnOnce(`${folder} cannot be read now: ${diskReason(error)}.`);
    }
  }

  /** Returns the files that are ready to upload. */
  due(): Item[] {
    const { prefix, settleMs, now } = this.#options;
    const items: Item[] = [];
    for (const [path, { arrival, since }] of this.#waiting) {
      if (now() - since < settleMs) continue;
      this.#waiting.delete(path);
      const stamp = readStamp(path, { follow: false });
      if (stamp === undefined) continue;
      if (isSameStamp(stamp, arrival.stamp)) {
        this.#underWay.set(path, arrival);
        const key = `${prefix}${arrival.relative}`;
        items.push({ name: path, key, kind: 'file', path, found: true, expected: stamp });
      } else this.#see({ ...arrival, stamp });
    }
    return items;
  }

  /** Returns milliseconds until the next file is ready. */
  wait(): number {
    const { settleMs, now } = this.#options;
    let earliest = Number.POSITIVE_INFINITY;
    for (const { since } of this.#waiting.values()) earliest = Math.min(earliest, since + settleMs - now());
    return Math.max(0, earliest);
  }

  /** Returns the file that is being uploaded with a name. */
  get(name: string): Arrival | undefined {
    return this.#underWay.get(name);
  }

  /** Ends the upload of a file. A failed one is retried after a pause. */
  end(name: string, how: 'stored' | 'failed' | 'changed'): void {
    const arrival = this.#underWay.get(name);
    this.#underWay.delete(name);
    if (how === 'failed' && arrival !== undefined) this.#holds.add(name, arrival.stamp);
    else this.#holds.remove(name);
  }

  async #scan(): Promise<void> {
    const { folder, filter, ownFolders, signal } = this.#options;
    const isInFolder = realFolders();
    const named = (relative: string) => join(folder, relative);
    const warn = this.#warnOnce;
    for await (const batch of walk(folder, { filter, named, ownFolders, warn, signal })) {
      for (const found of batch) {
        if ('error' in found) {
          const { code, message } = found.error;
          warn(code === 'bad_key' ? `${message} Rename it.` : message);
          continue;
        }
        await this.#seeIfReal(String(found.path), found.relative, isInFolder);
        if (this.#waiting.size >= MAX_WAITING) return;
      }
    }
  }

  /** Uploads no links, and nothing in linked folders: they lead to files outside the folder. */
  async #seeIfReal(
    path: string,
    relative: string,
    isInFolder: (path: string) => Promise<boolean>,
  ): Promise<void> {
    if (this.#underWay.has(path)) return;
    const stamp = readStamp(path, { follow: false });
    const isGone = stamp === undefined && readStamp(path, { follow: true }) === undefined;
    if (isGone) return;
    if (stamp !== undefined && (await isInFolder(path))) this.#see({ path, relative, stamp });
    else this.#warnOnce(`Skipped ${path}: it is a link, or in a linked folder.`);
  }

  #see(arrival: Arrival): void {
    const { ledger, now, onStored } = this.#options;
    const { path, relative, stamp } = arrival;
    if (this.#holds.has(path, stamp)) return;
    if (ledger.has(relative, stamp)) {
      this.#waiting.delete(path);
      onStored(arrival);
    } else if (!isSameStamp(this.#waiting.get(path)?.arrival.stamp, stamp)) {
      this.#waiting.set(path, { arrival, since: now() });
    }
  }
}

/** Returns a test whether a file's folder is reached without links. Each folder is checked once. */
function realFolders(): (path: string) => Promise<boolean> {
  const known = new Map<string, boolean>();
  return async (path) => {
    const parent = dirname(path);
    const isReal = known.get(parent) ?? (await realpath(parent).catch(() => '')) === parent;
    known.set(parent, isReal);
    return isReal;
  };
}
