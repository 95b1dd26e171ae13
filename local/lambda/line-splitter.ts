/** Splits bytes into lines of UTF-8 text. */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  #rest: Buffer[] = [];
  #size = 0;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  /** Bytes of the unfinished line. */
  get size(): number {
    return this.#size;
  }

  append(chunk: Buffer): void {
    let from = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      const end = chunk.subarray(from, at);
      const line = this.#rest.length === 0 ? end : Buffer.concat([...this.#rest, end]);
      this.#rest = [];
      this.#size = 0;
      from = at + 1;
      this.#onLine(line.toString('utf8'));
    }
    if (from === chunk.length) return;
    // The reader uses the memory of the chunk again.
    this.#rest.push(Buffer.from(chunk.subarray(from)));
    this.#size += chunk.length - from;
  }
}
