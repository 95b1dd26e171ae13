import type { StoredPart } from '../transfer/requests.ts';
import {
  type Destination,
  isStale,
  type Journal,
  type JournalEntry,
  memoryJournal,
  type RecordedUpload,
} from './journal.ts';

const DATABASE = 'edge-upload';
const VERSION = 1;
const UPLOADS = 'uploads';
const PARTS = 'parts';

type PartRecord = Destination & { readonly number: number; readonly part: StoredPart };

/** Milliseconds. A database that another tab is deleting or upgrading can take forever to open. */
const OPEN_MS = 3_000;
/** Milliseconds. A slow disk takes seconds for a transaction; a broken database never ends one. */
const TRANSACTION_MS = 10_000;

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, VERSION);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(UPLOADS, { keyPath: ['origin', 'key'] });
    request.result.createObjectStore(PARTS, { keyPath: ['origin', 'key', 'number'] });
  };
  const opened = settled(request);
  // If it opens later, it would block other tabs that delete or upgrade it. It need not be closed if it does not open.
  const closeLate = () => void opened.then((database) => database.close()).catch(() => {});
  return inTime(opened, OPEN_MS, closeLate);
}

/** Rejects if the database does not respond in time. */
function inTime<T>(response: Promise<T>, limitMs: number, onLate = () => {}): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      onLate();
      reject(new Error('the database does not respond'));
    }, limitMs);
    response.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

const keyOf = ({ origin, key }: Destination) => [origin, key];
const partsOfPlace = (place: Destination) =>
  IDBKeyRange.bound([...keyOf(place), 0], [...keyOf(place), Infinity]);

function createJournal(database: IDBDatabase): Journal {
  // A newer version of the page in another tab can upgrade the database.
  database.onversionchange = () => database.close();
  /** Runs work in a transaction. Resolves once the data is on disk. */
  const within = async <T>(
    mode: IDBTransactionMode,
    work: (uploads: IDBObjectStore, parts: IDBObjectStore) => Promise<T>,
  ): Promise<T> => {
    const transaction = database.transaction([UPLOADS, PARTS], mode);
    const done = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
    const all = Promise.all([work(transaction.objectStore(UPLOADS), transaction.objectStore(PARTS)), done]);
    // A closed database refuses further transactions at once.
    const [result] = await inTime(all, TRANSACTION_MS, () => database.close());
    return result;
  };
  const recordedOf = async (entry: JournalEntry, parts: IDBObjectStore): Promise<RecordedUpload> => {
    const records = (await settled(parts.getAll(partsOfPlace(entry)))) as PartRecord[];
    return { entry, parts: records.map(({ part }) => part) };
  };
  const clear = (place: Destination, uploads: IDBObjectStore, parts: IDBObjectStore) =>
    Promise.all([settled(uploads.delete(keyOf(place))), settled(parts.delete(partsOfPlace(place)))]);

  return {
    list: (origin) =>
      within('readwrite', async (uploads, parts) => {
        const entries = (await settled(uploads.getAll())) as JournalEntry[];
        const [stale, fresh] = [true, false].map((wanted) =>
          entries.filter((entry) => isStale(entry, Date.now()) === wanted),
        );
        await Promise.all((stale ?? []).map((entry) => clear(entry, uploads, parts)));
        const ours = (fresh ?? []).filter((entry) => entry.origin === origin);
        ours.sort((a, b) => a.startedAt - b.startedAt);
        return Promise.all(ours.map((entry) => recordedOf(entry, parts)));
      }),
    find: (place) =>
      within('readonly', async (uploads, parts) => {
        const entry = (await settled(uploads.get(keyOf(place)))) as JournalEntry | undefined;
        return entry === undefined || isStale(entry, Date.now()) ? undefined : recordedOf(entry, parts);
      }),
    begin: (entry) =>
      within('readwrite', async (uploads, parts) => {
        await clear(entry, uploads, parts);
        await settled(uploads.put(entry));
      }),
    add: ({ origin, key }, part) =>
      within('readwrite', async (_uploads, parts) => {
        await settled(parts.put({ origin, key, number: part.number, part } satisfies PartRecord));
      }),
    remove: (place) =>
      within('readwrite', async (uploads, parts) => {
        await clear(place, uploads, parts);
      }),
  };
}

/**
 * Combines two journals. Both are written; the second one is read if the first one fails. An upload can then be paused
 * and resumed after the disk is full or the browser has cleared its data.
 */
function withFallback(first: Journal, other: Journal): Journal {
  const orElse = <T>(asked: Promise<T>, otherwise: () => Promise<T>) => asked.catch(otherwise);
  return {
    list: (origin) => orElse(first.list(origin), () => other.list(origin)),
    find: (place) =>
      orElse(first.find(place), () => other.find(place)).then((found) => found ?? other.find(place)),
    async begin(entry) {
      await other.begin(entry);
      await orElse(first.begin(entry), async () => {});
    },
    async add(place, part) {
      await other.add(place, part);
      await orElse(first.add(place, part), async () => {});
    },
    async remove(place) {
      await other.remove(place);
      await orElse(first.remove(place), async () => {});
    },
  };
}

/** Opens the browser's journal. In a private window without a database, the journal lasts as long as the page. */
export async function openJournal(): Promise<Journal> {
  const memory = memoryJournal();
  try {
    return withFallback(createJournal(await open()), memory);
  } catch {
    // Without a database, uploads work, but cannot be resumed after a reload.
    return memory;
  }
}
