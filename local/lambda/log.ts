import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Bytes after which a log is set aside as `<name>.1`, whose own predecessor goes. */
const LIMIT = 4 * 1024 * 1024;

/** Where a function's output goes; synchronous, so that lines stay in order and survive a crash. */
export class Log {
  readonly #path: string;
  #size: number | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  append(text: string): void {
    if (this.#size === undefined) {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      this.#size = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
    }
    if (this.#size > LIMIT) {
      renameSync(this.#path, `${this.#path}.1`);
      this.#size = 0;
    }
    appendFileSync(this.#path, text, { mode: 0o600 });
    this.#size += Buffer.byteLength(text);
  }
}
