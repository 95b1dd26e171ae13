import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isUserError, systemCode } from '../errors.ts';
import { type FileStamp, isSameStamp, readStamp } from '../transfer/sources/file-stamp.ts';
import type { Filter } from '../transfer/sources/filters.ts';
import type { Item } from '../transfer/sources/items.ts';
import { walk } from '../transfer/sources/walk.ts';
import type { UploadLedger } from './ledger.ts';

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

export interface Arrivals {
  /** Scans the folder for new and changed files. */
  look(): Promise<void>;
  /** Returns the files that are ready to upload. */
  due(): Item[];
  /** Returns milliseconds until the next file is ready. */
  wait(): number;
  /** Returns the file that is being uploaded with a name. */
  get(name: string): Arrival | undefined;
  /** Ends the upload of a file. A failed one is retried after a pause that doubles each time. */
  end(name: string, how: 'stored' | 'failed' | 'changed'): void;
}

/** Maximum number of tracked files. Later scans find the others. */
const MAX_WAITING = 20_000;
const MAX_HELD = 10_000;
const FIRST_HOLD_MS = 10_000;
const LONGEST_HOLD_MS = 3_600_000;

interface Held {
  readonly stamp: FileStamp;
  readonly forMs: number;
  readonly until: number;
}

/** Finds complete files in a folder. Links are skipped, because they lead out of the folder. */
export function createArrivals(options: ArrivalOptions): Arrivals {
  const { folder, prefix, filter, settleMs, ledger, now, signal, warn, onStored } = options;
  const waiting = new Map<string, { readonly arrival: Arrival; readonly since: number }>();
  const underWay = new Map<string, Arrival>();
  const held = new Map<string, Held>();
  const warned = new Set<string>();

  const warnOnce = (text: string) => {
    if (warned.size < MAX_HELD && !warned.has(text)) warn(text);
    warned.add(text);
  };
  const isHeld = (path: string, stamp: FileStamp): boolean => {
    const hold = held.get(path);
    return hold !== undefined && isSameStamp(hold.stamp, stamp) && now() < hold.until;
  };
  const see = (arrival: Arrival) => {
    const { path, relative, stamp } = arrival;
    if (isHeld(path, stamp)) return;
    if (ledger.has(relative, stamp)) {
      waiting.delete(path);
      onStored(arrival);
    } else if (!isSameStamp(waiting.get(path)?.arrival.stamp, stamp)) {
      waiting.set(path, { arrival, since: now() });
    }
  };
  const named = (relative: string) => join(folder, relative);
  const lookAtAll = async () => {
    const real = new Map<string, boolean>();
    const isInFolder = async (path: string) => {
      const parent = dirname(path);
      const known = real.get(parent) ?? (await realpath(parent).catch(() => '')) === parent;
      real.set(parent, known);
      return known;
    };
    for await (const batch of walk(folder, { filter, named, warn: warnOnce, signal })) {
      for (const found of batch) {
        if ('error' in found) {
          const { code, message } = found.error;
          warnOnce(code === 'bad_key' ? `${message} Rename it.` : message);
          continue;
        }
        const path = String(found.path);
        const stamp = underWay.has(path) ? undefined : readStamp(path, { follow: false });
        if (underWay.has(path) || (stamp === undefined && readStamp(path, { follow: true }) === undefined)) {
          continue;
        }
        if (stamp !== undefined && (await isInFolder(path))) see({ path, relative: found.relative, stamp });
        else warnOnce(`Skipped ${path}: it is a link, or in a linked folder.`);
        if (waiting.size >= MAX_WAITING) return;
      }
    }
  };
  return {
    async look() {
      try {
        await lookAtAll();
      } catch (error) {
        if (isUserError(error) || systemCode(error) === undefined) throw error;
        // A disconnected disk can come back.
        warnOnce(`${folder} cannot be read now (${systemCode(error)}).`);
      }
    },
    due() {
      const items: Item[] = [];
      for (const [path, { arrival, since }] of waiting) {
        if (now() - since < settleMs) continue;
        waiting.delete(path);
        const stamp = readStamp(path, { follow: false });
        if (stamp === undefined) continue;
        if (isSameStamp(stamp, arrival.stamp)) {
          underWay.set(path, arrival);
          const key = `${prefix}${arrival.relative}`;
          items.push({ name: path, key, kind: 'file', path, found: true, expected: stamp });
        } else see({ ...arrival, stamp });
      }
      return items;
    },
    wait() {
      let earliest = Number.POSITIVE_INFINITY;
      for (const { since } of waiting.values()) earliest = Math.min(earliest, since + settleMs - now());
      return Math.max(0, earliest);
    },
    get: (name) => underWay.get(name),
    end(name, how) {
      const arrival = underWay.get(name);
      underWay.delete(name);
      const before = held.get(name);
      held.delete(name);
      if (how !== 'failed' || arrival === undefined) return;
      const forMs = Math.min(LONGEST_HOLD_MS, before === undefined ? FIRST_HOLD_MS : 2 * before.forMs);
      const [oldest] = held.keys();
      if (held.size >= MAX_HELD && oldest !== undefined) held.delete(oldest);
      held.set(name, { stamp: arrival.stamp, forMs, until: now() + forMs });
    },
  };
}
