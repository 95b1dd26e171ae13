import { linkSync, statSync } from 'node:fs';
import { checkOwnFile } from '../../own-file.ts';

/** The place of a part's bytes: in its own file, or in the file of the whole object. */
export interface PartPlace {
  /** Path in the upload's folder. */
  readonly file: string;
  /** Offset in the file. */
  readonly at: number;
}

interface Placed extends PartPlace {
  readonly number: number;
  readonly size: number;
}

export const WHOLE = 'whole';

/**
 * A file that contains parts at their offsets in the object, so that completing an upload copies none of them. The
 * first part sets the size of the places. A larger part, or one whose place is in use, is stored in a file of its own.
 */
export class WholeFile {
  readonly path: string;
  #width: number | undefined;
  readonly #writing = new Set<number>();

  /** @param stored - parts written by an earlier process */
  constructor(path: string, stored: readonly Placed[]) {
    this.path = path;
    const inside = stored.filter(({ file }) => file === WHOLE);
    const later = inside.find(({ number }) => number > 1);
    this.#width = later === undefined ? inside[0]?.size : later.at / (later.number - 1);
  }

  /** Reserves the place of a part for one writer; `undefined` if it is not free. {@link release} frees it. */
  claim(number: number, size: number): PartPlace | undefined {
    this.#width ??= size;
    if (size === 0 || size > this.#width || this.#writing.has(number)) return undefined;
    this.#writing.add(number);
    return { file: WHOLE, at: (number - 1) * this.#width };
  }

  release(number: number): void {
    this.#writing.delete(number);
  }

  /** Links the file as `target`, if it consists of exactly these parts and nobody is writing to it. */
  becomes(target: string, parts: readonly Placed[]): boolean {
    checkOwnFile(this.path);
    let end = 0;
    for (const { file, at, size } of parts) {
      if (file !== WHOLE || at !== end) return false;
      end += size;
    }
    if (end === 0 || this.#writing.size > 0 || statSync(this.path).size !== end) return false;
    try {
      linkSync(this.path, target);
      return true;
    } catch {
      // Without hard links, the parts are copied instead.
      return false;
    }
  }
}
