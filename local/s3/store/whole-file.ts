import { linkSync, statSync } from 'node:fs';
import { checkOwnFile } from '../../own-file.ts';

/** A part's bytes: in a file of their own, or at their place in the file of the whole. */
export interface PartPlace {
  /** In the upload's folder. */
  readonly file: string;
  /** Byte of the file. */
  readonly at: number;
}

interface Placed extends PartPlace {
  readonly number: number;
  readonly size: number;
}

export const WHOLE = 'whole';

/**
 * The file in which parts lie as they will lie in the object, so that completing an upload copies none of them. The first
 * part sets the width of the places; what is wider, or comes while its place is taken, has to go elsewhere.
 */
export class WholeFile {
  readonly path: string;
  #width: number | undefined;
  readonly #writing = new Set<number>();

  /** @param stored - parts that an earlier process wrote */
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

  /** Gives the file the name `target` too, if it is these parts from end to end and nobody writes to it. */
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
      // A file system without hard links: copying does it too.
      return false;
    }
  }
}
