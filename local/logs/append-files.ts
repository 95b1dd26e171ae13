import { closeSync, constants, fstatSync, renameSync, writeSync } from 'node:fs';
import { openOwnFile } from '../own-file.ts';

const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;
const MAX_OPEN = 16;

interface OpenFile {
  readonly descriptor: number;
  size: number;
}

/**
 * Files that are only appended to. Writes are synchronous, so that lines stay in order and survive a crash. Files stay
 * open, because opening one takes several times longer than writing a line.
 */
export class AppendFiles {
  readonly #open = new Map<string, OpenFile>();

  /** @param limit bytes after which the file replaces `<path>.old` and a new one is started */
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
    if (this.#open.size >= MAX_OPEN) this.close((one) => one === oldest);
    const descriptor = openOwnFile(path, APPEND);
    const file = { descriptor, size: fstatSync(descriptor).size };
    this.#open.set(path, file);
    return file;
  }
}

/** Returns the path to which a full file is renamed. */
export function aside(path: string): string {
  return `${path}.old`;
}
