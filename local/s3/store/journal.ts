import { appendFileSync, mkdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * A file of JSON lines that only grows. An entry is there once its line is whole: a line that a `kill -9` or a full disk
 * left torn at the end is cut off, so a change either happened or did not.
 */
export class Journal<T> {
  readonly #path: string;
  #size = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** All whole entries, oldest first. */
  read(): T[] {
    const bytes = this.#bytes();
    this.#size = bytes.lastIndexOf(0x0a) + 1;
    if (this.#size < bytes.length) truncateSync(this.#path, this.#size);
    const text = bytes.toString('utf8', 0, this.#size);
    return text === '' ? [] : (JSON.parse(`[${text.trimEnd().replaceAll('\n', ',')}]`) as T[]);
  }

  append(entry: T): void {
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    try {
      appendFileSync(this.#path, line, { mode: 0o600 });
    } catch (error) {
      truncateSync(this.#path, this.#size);
      throw error;
    }
    this.#size += line.length;
  }

  /** Puts `entries` in the place of all there were, at once. */
  replace(entries: readonly T[]): void {
    const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    const aside = `${this.#path}.tmp`;
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(aside, text, { mode: 0o600 });
    renameSync(aside, this.#path);
    this.#size = Buffer.byteLength(text);
  }

  #bytes(): Buffer {
    try {
      return readFileSync(this.#path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    }
  }
}
