import { closeSync, constants, fstatSync, renameSync, writeSync } from 'node:fs';
import { openOwnFile } from '../own-file.ts';

const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;
/** Files kept open at once. */
const OPEN = 16;

interface OpenFile {
  readonly descriptor: number;
  size: number;
}

/**
 * Files that grow at their end. Written synchronously, so that lines stay in order and survive a crash, and kept open while
 * they grow: opening takes several times longer than writing a line.
 */
export class AppendFiles {
  readonly #open = new Map<string, OpenFile>();

  /** @param limit bytes after which the file is first renamed to `<path>.old`, whose predecessor goes */
  append(path: string, text: string, limit: number): void {
    if (this.#file(path).size > limit) {
      this.close((open) => open === path);
      renameSync(path, aside(path));
    }
    const file = this.#file(path);
    file.size += writeSync(file.descriptor, text);
  }

  isOpen(path: string): boolean {
    return this.#open.has(path);
  }

  close(isMeant: (path: string) => boolean): void {
    for (const [path, { descriptor }] of this.#open) {
      if (!isMeant(path)) continue;
      this.#open.delete(path);
      closeSync(descriptor);
    }
  }

  #file(path: string): OpenFile {
    const open = this.#open.get(path);
    if (open !== undefined) return open;
    const [oldest] = this.#open.keys();
    if (this.#open.size >= OPEN) this.close((one) => one === oldest);
    const descriptor = openOwnFile(path, APPEND);
    const file = { descriptor, size: fstatSync(descriptor).size };
    this.#open.set(path, file);
    return file;
  }
}

/** Where a file goes that has grown too long. */
export function aside(path: string): string {
  return `${path}.old`;
}
