/** Longest message, bytes: a result of 6 MB, written as JSON within JSON. */
const LONGEST = 32 * 1024 * 1024;

/** Cuts what a sandbox sends into messages: a line each, a word for its kind and JSON. */
export class MessageReader {
  readonly #onMessage: (kind: string, text: string) => void;
  #rest: Buffer[] = [];
  #size = 0;

  constructor(onMessage: (kind: string, text: string) => void) {
    this.#onMessage = onMessage;
  }

  /** @returns whether to read on: a message without end is not waited for */
  append(chunk: Buffer): boolean {
    let from = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      const line = Buffer.concat([...this.#rest, chunk.subarray(from, at)]).toString('utf8');
      this.#rest = [];
      this.#size = 0;
      from = at + 1;
      const space = line.indexOf(' ');
      this.#onMessage(line.slice(0, space), line.slice(space + 1));
    }
    if (from < chunk.length) this.#rest.push(chunk.subarray(from));
    this.#size += chunk.length - from;
    return this.#size <= LONGEST;
  }
}
