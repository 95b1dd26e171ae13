import type { StoredPart } from '../transfer/requests.ts';

/** An unfinished multipart upload of a file. */
export interface JournalEntry {
  /** Origin of the edge. */
  readonly origin: string;
  readonly key: string;
  /** Who started the upload: see `ownerOf`. */
  readonly owner: string;
  /** Name of the file. With `size` and `modified`, it identifies a file that is chosen again. */
  readonly name: string;
  readonly size: number;
  readonly lastModified: number;
  /** SHA-256 of both ends of the file, in hex. */
  readonly sample: string;
  readonly contentType: string;
  readonly partSize: number;
  readonly uploadId: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** An entry with its stored parts. */
export interface RecordedUpload {
  readonly entry: JournalEntry;
  readonly parts: readonly StoredPart[];
}

/** The destination of an upload. A journal has one entry for each. */
export type Destination = Pick<JournalEntry, 'origin' | 'key'>;

/**
 * Unfinished uploads of this browser. A recorded part counts only if the store lists it too. Methods never reject: if
 * the journal cannot be read or written, uploads start from the beginning.
 */
export interface Journal {
  /** Returns all entries of an origin, oldest first. */
  list(origin: string): Promise<readonly RecordedUpload[]>;
  find(place: Destination): Promise<RecordedUpload | undefined>;
  /** Replaces the entry of the destination. */
  begin(entry: JournalEntry): Promise<void>;
  add(place: Destination, part: StoredPart): Promise<void>;
  remove(place: Destination): Promise<void>;
}

/** Milliseconds. The bucket aborts unfinished uploads after seven days, so older entries are useless. */
const KEPT_MS = 7 * 24 * 3_600_000;

export function isStale({ startedAt }: JournalEntry, now: number): boolean {
  return now - startedAt > KEPT_MS;
}

/** Creates a journal that lasts as long as the page. Uploads can be paused and resumed until it is reloaded. */
export function memoryJournal(now: () => number = Date.now): Journal {
  const recorded = new Map<string, { readonly entry: JournalEntry; readonly parts: StoredPart[] }>();
  const id = ({ origin, key }: Destination) => `${origin} ${key}`;
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
