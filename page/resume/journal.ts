import type { StoredPart } from '../transfer/requests.ts';

/** An unfinished multipart upload of a file. */
export interface JournalEntry {
  /** Of the edge. */
  readonly origin: string;
  readonly key: string;
  /** Who began the upload, as `ownerOf` says. */
  readonly owner: string;
  /** Of the file, as the next two: by these the page recognises a file that is picked again. */
  readonly name: string;
  readonly size: number;
  readonly lastModified: number;
  /** Digest of both ends of the file, in hex. */
  readonly sample: string;
  readonly contentType: string;
  readonly partSize: number;
  readonly uploadId: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** An entry with the parts that are stored. */
export interface Recorded {
  readonly entry: JournalEntry;
  readonly parts: readonly StoredPart[];
}

/** Where an upload goes; a journal has one entry for each place. */
export type Place = Pick<JournalEntry, 'origin' | 'key'>;

/**
 * Unfinished uploads of this browser. What is recorded counts only where the store lists it too. No method rejects: a
 * journal that cannot be read or written makes an upload start from the beginning, and never fail.
 */
export interface Journal {
  /** All entries of an origin, the oldest first. */
  list(origin: string): Promise<readonly Recorded[]>;
  find(place: Place): Promise<Recorded | undefined>;
  /** Replaces the entry of the place. */
  begin(entry: JournalEntry): Promise<void>;
  add(place: Place, part: StoredPart): Promise<void>;
  remove(place: Place): Promise<void>;
}

/** The bucket's rule aborts unfinished uploads after seven days, so older entries are of no use. */
const KEPT_MS = 7 * 24 * 3_600_000;

export function isStale({ startedAt }: JournalEntry, now: number): boolean {
  return now - startedAt > KEPT_MS;
}

/** Returns a journal that lasts as long as the page: uploads can be paused and resumed without a reload. */
export function memoryJournal(now: () => number = Date.now): Journal {
  const recorded = new Map<string, { readonly entry: JournalEntry; readonly parts: StoredPart[] }>();
  const id = ({ origin, key }: Place) => `${origin} ${key}`;
  const fresh = () => [...recorded.values()].filter(({ entry }) => !isStale(entry, now()));
  return {
    async list(origin) {
      return fresh()
        .filter(({ entry }) => entry.origin === origin)
        .sort((a, b) => a.entry.startedAt - b.entry.startedAt);
    },
    async find(place) {
      return fresh().find(({ entry }) => id(entry) === id(place));
    },
    async begin(entry) {
      recorded.set(id(entry), { entry, parts: [] });
    },
    async add(place, part) {
      recorded.get(id(place))?.parts.push(part);
    },
    async remove(place) {
      recorded.delete(id(place));
    },
  };
}
