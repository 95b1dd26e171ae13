/** Bytes of the longest message: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html */
const LONGEST = 256 * 1024;

/**
 * Splits output into messages, one a line. A carriage return within a line stands for a line break of the same message
 * (see guest/globals/console.ts).
 */
export class LineCutter {
  readonly #write: (message: string) => void;
  #rest = '';

  constructor(write: (message: string) => void) {
    this.#write = write;
  }

  append(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
    if (this.#rest.length > LONGEST) this.flush();
  }

  /** Ends an unfinished line. */
  flush(): void {
    const rest = this.#rest;
    this.#rest = '';
    if (rest !== '') this.#line(rest);
  }

  #line(line: string): void {
    const message = `${line.replaceAll('\r', '\n')}\n`;
    for (let from = 0; from < message.length; from += LONGEST) {
      this.#write(message.slice(from, from + LONGEST));
    }
  }
}
