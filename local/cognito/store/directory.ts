import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { JsonFile } from '../../json-file.ts';

/** Records of one kind, in memory and in a file each. The name of a record must be a valid file name. */
export class Directory<T> {
  readonly #dir: string;
  readonly #records = new Map<string, T>();

  constructor(dir: string) {
    this.#dir = dir;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    for (const file of readdirSync(dir)) {
      if (!file.endsWith('.json')) continue;
      const record = new JsonFile<T>(join(dir, file)).read();
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
    return new JsonFile<T>(join(this.#dir, `${name}.json`));
  }
}
