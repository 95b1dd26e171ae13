/** Longest message, bytes: a 6 MB result as JSON within JSON. */
const LONGEST = 32 * 1024 * 1024;

/** Splits a sandbox's output into messages. Each is one line: its kind and JSON. */
export class MessageReader {
  readonly #onMessage: (kind: string, text: string) => void;
  #rest: Buffer[] = [];
  #size = 0;

  constructor(onMessage: (kind: string, text: string) => void) {
    this.#onMessage = onMessage;
  }

  /** @returns whether to continue reading; `false` once a message is too long */
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
