import { closeSync, constants, ftruncateSync, truncateSync, writeSync } from 'node:fs';
import { openOwnFile, readOwnFile, replaceFile } from '../../own-file.ts';

const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;

/**
 * A file of JSON lines that only grows. An entry exists once its line is complete. An incomplete last line, left by a
 * killed process or a full disk, is cut off, so that a change happens completely or not at all.
 */
export class Journal<T> {
  readonly #path: string;
  #descriptor: number | undefined;
  #size = 0;
  /** Size before the last entry. */
  #before = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Returns all complete entries, oldest first. */
  read(): T[] {
    const bytes = readOwnFile(this.#path) ?? Buffer.alloc(0);
    this.#size = bytes.lastIndexOf(0x0a) + 1;
    if (this.#size < bytes.length) truncateSync(this.#path, this.#size);
    const text = bytes.toString('utf8', 0, this.#size);
    return text === '' ? [] : (JSON.parse(`[${text.trimEnd().replaceAll('\n', ',')}]`) as T[]);
  }

  /** Appends an entry. Keeps the file open until {@link close}. */
  append(entry: T): void {
    this.#descriptor ??= openOwnFile(this.#path, APPEND);
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    try {
      for (let at = 0; at < line.length; ) at += writeSync(this.#descriptor, line, at);
    } catch (error) {
      ftruncateSync(this.#descriptor, this.#size);
      throw error;
    }
    this.#before = this.#size;
    this.#size += line.length;
  }

  /** Removes the entry that was appended last, because its change failed. */
  withdraw(): void {
    if (this.#descriptor === undefined) throw new Error('nothing was appended to the journal');
    ftruncateSync(this.#descriptor, this.#before);
    this.#size = this.#before;
  }

  /** Replaces all entries atomically. */
  replace(entries: readonly T[]): void {
    const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    replaceFile(this.#path, text);
    this.close();
    this.#size = Buffer.byteLength(text);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}
