import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readOwnFile, replaceFile } from './own-file.ts';

type Convert = (key: string, value: unknown) => unknown;

/**
 * A JSON file that is replaced atomically: a `kill -9` leaves the old document or the new one. Writes are synchronous, so
 * that no other request runs between a change and its record.
 */
export class JsonFile<T> {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * Returns the document, or `undefined` if there is none.
   * @param reviver as of `JSON.parse`
   * @throws Error for a file that is not JSON, or not a regular file
   */
  read(reviver?: Convert): T | undefined {
    const text = readOwnFile(this.path)?.toString();
    return text === undefined ? undefined : (JSON.parse(text, reviver) as T);
  }

  /** @param replacer as of `JSON.stringify` */
  write(document: T, replacer?: Convert): void {
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    replaceFile(this.path, JSON.stringify(document, replacer));
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }
}

/** Records of one kind in one file, each with a key. A change that cannot be written has no effect. */
export class JsonRecords<T> {
  readonly #file: JsonFile<readonly T[]>;
  readonly #keyOf: (record: T) => string;
  #records: ReadonlyMap<string, T>;

  constructor(file: JsonFile<readonly T[]>, keyOf: (record: T) => string) {
    this.#file = file;
    this.#keyOf = keyOf;
    this.#records = new Map((file.read() ?? []).map((record) => [keyOf(record), record]));
  }

  all(): readonly T[] {
    return [...this.#records.values()];
  }

  find(key: string): T | undefined {
    return this.#records.get(key);
  }

  save(record: T): T {
    this.#replace(new Map(this.#records).set(this.#keyOf(record), record));
    return record;
  }

  remove(key: string): void {
    const records = new Map(this.#records);
    if (records.delete(key)) this.#replace(records);
  }

  #replace(records: ReadonlyMap<string, T>): void {
    this.#file.write([...records.values()]);
    this.#records = records;
  }
}

/** Records of one kind, in memory and in a file each. The name of a record must be a valid file name. */
export class JsonFolder<T> {
  readonly #folder: string;
  readonly #records = new Map<string, T>();

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const file of readdirSync(folder)) {
      if (!file.endsWith('.json')) continue;
      const record = new JsonFile<T>(join(folder, file)).read();
      if (record !== undefined) this.#records.set(file.slice(0, -'.json'.length), record);
    }
  }

  get(name: string): T | undefined {
    return this.#records.get(name);
  }

  all(): T[] {
    return [...this.#records.values()];
  }

  entries(): [string, T][] {
    return [...this.#records.entries()];
  }

  put(name: string, record: T): void {
    this.#file(name).write(record);
    this.#records.set(name, record);
  }

  remove(name: string): void {
    this.#file(name).remove();
    this.#records.delete(name);
  }

  #file(name: string): JsonFile<T> {
    return new JsonFile<T>(join(this.#folder, `${name}.json`));
  }
}
