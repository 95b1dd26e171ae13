import type { ChildProcess } from 'node:child_process';
import { setImmediate } from 'node:timers/promises';
import type { Invocation } from '../messages.ts';
import type { Beginning, Report, SystemLines } from './log-lines.ts';

/** Bytes of the longest message: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html */
const LONGEST = 256 * 1024;

/**
 * Splits output into messages, one a line. A carriage return within a line is a line break of the same message (see
 * guest/globals/console.ts).
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

/** Destination for the messages of one execution environment. */
export interface LogStream {
  readonly name: string;
  write(...messages: string[]): void;
}

/** The log of one instance: its process's output and Lambda's lines about each invocation. */
export class InstanceLog {
  readonly #stream: LogStream;
  readonly #lines: SystemLines;
  readonly #cutters: readonly LineCutter[];
  readonly #closed: Promise<void>;
  #read = 0;
  #initDuration: number | undefined;

  constructor(stream: LogStream, lines: SystemLines, child: ChildProcess, beginning: Beginning) {
    this.#stream = stream;
    this.#lines = lines;
    this.#write(lines.initStarted(beginning, new Date()));
    this.#cutters = [child.stdout, child.stderr].map((output) => {
      const cutter = new LineCutter((message) => stream.write(message));
      output?.setEncoding('utf8').on('data', (chunk: string) => {
        this.#read += chunk.length;
        cutter.append(chunk);
      });
      return cutter;
    });
    // A process that could not be started emits no end.
    const started = child.pid !== undefined;
    this.#closed = new Promise((resolve) => child.once(started ? 'close' : 'error', () => resolve()));
  }

  /** Resolves when the process and its output have ended. */
  get closed(): Promise<void> {
    return this.#closed;
  }

  /** Logs the result of loading the code. Durations are in milliseconds, here and below. */
  async initialised(outcome: Invocation, duration: number): Promise<void> {
    if (outcome.outcome === 'returned') {
      this.#initDuration = duration;
      return;
    }
    await this.#closed;
    this.#flush();
    this.#write(this.#lines.initFailed(outcome, duration, new Date()));
  }

  started(requestId: string, version: string): void {
    this.#write(this.#lines.started(requestId, version, new Date()));
  }

  /** Logs the end of an invocation, after the invocation's own output. */
  async ended(invocation: Ended): Promise<void> {
    if (invocation.alive) await this.#drained();
    else await this.#closed;
    this.#flush();
    this.#write(this.#lines.ended({ ...invocation, initDuration: this.#initDuration }, new Date()));
    this.#initDuration = undefined;
  }

  /**
   * Resolves when all output so far has been read. The process writes synchronously: when its last message arrives, the
   * rest is in the pipe.
   */
  async #drained(): Promise<void> {
    for (let read = -1; read !== this.#read; ) {
      read = this.#read;
      await setImmediate();
    }
  }

  #flush(): void {
    for (const cutter of this.#cutters) cutter.flush();
  }

  #write(messages: readonly string[]): void {
    if (messages.length > 0) this.#stream.write(...messages);
  }
}

/** A completed invocation. */
interface Ended extends Omit<Report, 'initDuration'> {
  /** Whether the process continues. */
  readonly alive: boolean;
}
