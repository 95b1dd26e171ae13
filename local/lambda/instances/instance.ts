import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { Readable } from 'node:stream';
import { LineSplitter } from '../line-splitter.ts';
import { InstanceLog, type LogStream } from '../logs/instance-log.ts';
import type { SystemLines } from '../logs/log-lines.ts';
import type { Failure, Invocation, NetworkRequest, Start } from '../messages.ts';
import { type Reachable, reach } from './network.ts';
import { exitReason, residentMegabytes, spawnSandbox } from './sandbox-process.ts';

export interface InstanceOptions {
  /** The built text of `sandbox/main.ts`. */
  readonly sandboxSource: string;
  readonly start: Start;
  /** Time limit for one event, seconds. */
  readonly timeout: number;
  /** Time limit for loading the code, seconds. */
  readonly initTimeout: number;
  readonly reachable: Omit<Reachable, 'signal'>;
  /** Each instance has its own stream. */
  readonly openLog: () => LogStream;
  readonly systemLines: SystemLines;
  /** Wrapper command with its arguments that isolates the sandbox. */
  readonly within: readonly string[];
}

/** Time limit for the process to start on a busy computer, seconds. Its code waits meanwhile. */
const BOOT_TIMEOUT = 60;
const MEMORY_CHECK_MS = 100;
/** Maximum age of a measurement when a short invocation ends: reading `/proc` takes as long as the invocation. */
const MEMORY_AGE_MS = 1000;

/**
 * V8's message before it ends a process whose heap is full. The signal is not reliable: it depends on the processor, and
 * on whether the process has PID 1.
 */
const OUT_OF_MEMORY = /out of memory|process OOM/i;
/** Characters of the process's stderr that are kept for the search. */
const ERRORS_KEPT = 16 * 1024;

/** Longest message of the process, bytes: a request of the function's code, or its result of 6 MB. */
const LONGEST_MESSAGE = 32 * 1024 * 1024;

type Settle = (invocation: Invocation) => void;

/**
 * One execution environment: a separate process that loads the function's code and handles one event at a time. It is
 * not a worker thread, because V8 ends the whole process when one large allocation overflows a thread's heap.
 */
export class Instance {
  /** Resolves to `undefined` when the code is loaded, or to the failure, after which the instance is dead. */
  readonly ready: Promise<Invocation | undefined>;
  #child: ChildProcess;
  #options: InstanceOptions;
  #settle: Settle | undefined;
  readonly #log: InstanceLog;
  #requests = 0;
  readonly #ended = new AbortController();
  /** MB */
  #memoryUsed: number | undefined;
  #memoryChecked = Number.NEGATIVE_INFINITY;
  /** Resolves when the last invocation is in the log. */
  #told: Promise<unknown>;
  #alive = true;

  constructor(options: InstanceOptions) {
    this.#options = options;
    const { memorySize, environment, runtime, functionName, functionVersion: version } = options.start;
    const stream = options.openLog();
    // Every request of the code listens to it; their number is bounded.
    setMaxListeners(0, this.#ended.signal);
    this.#child = spawnSandbox({
      source: options.sandboxSource,
      memorySize,
      within: options.within,
    });
    this.#log = new InstanceLog(stream, options.systemLines, this.#child, {
      runtime,
      functionName,
      version,
    });
    this.#listen();
    this.ready = this.#initialise({
      ...options.start,
      environment: { ...environment, AWS_LAMBDA_LOG_STREAM_NAME: stream.name },
    });
    this.#told = this.ready;
  }

  /** Whether it can handle another event. */
  get alive(): boolean {
    return this.#alive;
  }

  /** Runs one event. Call it again only after the previous event has ended. */
  run(event: unknown): Promise<Invocation> {
    const run = this.#run(event);
    this.#told = run;
    return run;
  }

  stop(): void {
    this.#end(failure('Runtime.ExitError', 'The instance was stopped.'));
  }

  /** Resolves when the process has ended. */
  async gone(): Promise<void> {
    this.stop();
    await this.#log.closed;
    await this.#told;
  }

  async #initialise(start: Start): Promise<Invocation | undefined> {
    // Lambda creates the environment before the time of the initialisation begins.
    const booted = await this.#until(BOOT_TIMEOUT);
    const begun = performance.now();
    const outcome =
      booted.outcome === 'returned'
        ? await this.#until(this.#options.initTimeout, `start ${JSON.stringify(start)}`)
        : booted;
    await this.#log.initialised(outcome, performance.now() - begun);
    return outcome.outcome === 'returned' ? undefined : outcome;
  }

  async #run(event: unknown): Promise<Invocation> {
    const { timeout, start } = this.#options;
    const requestId = randomUUID();
    this.#log.started(requestId, start.functionVersion);
    const begun = performance.now();
    const deadline = Date.now() + timeout * 1000;
    const text = JSON.stringify(event) ?? 'null';
    const outcome = await this.#until(timeout, `invoke ${requestId} ${deadline} ${text}`);
    const duration = performance.now() - begun;
    if (performance.now() - this.#memoryChecked > MEMORY_AGE_MS) this.#checkMemory();
    const { memorySize } = start;
    const memoryUsed = this.#memoryUsed;
    await this.#log.ended({ requestId, outcome, duration, memorySize, memoryUsed, alive: this.#alive });
    return outcome;
  }

  /** Sends the message, if there is one, and waits for the next message of the process. */
  #until(seconds: number, message?: string): Promise<Invocation> {
    if (!this.#alive) return Promise.resolve(failure('Runtime.ExitError', 'The instance is gone.'));
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#end({ outcome: 'timed-out', seconds }), seconds * 1000);
      const watch = setInterval(() => this.#checkMemory(), MEMORY_CHECK_MS);
      this.#settle = (invocation) => {
        this.#settle = undefined;
        clearTimeout(timer);
        clearInterval(watch);
        resolve(invocation);
      };
      if (message !== undefined) this.#send(message);
    });
  }

  #send(message: string): void {
    const { stdin } = this.#child;
    if (stdin?.writable) stdin.write(`${message}\n`);
  }

  #listen(): void {
    const child = this.#child;
    const lines = new LineSplitter((line) => void this.#receive(line));
    (child.stdio?.[3] as Readable | null | undefined)?.on('data', (chunk: Buffer) => {
      lines.append(chunk);
      if (lines.size > LONGEST_MESSAGE) this.#end(exited('with error: endless message'));
    });
    let errors = '';
    child.stderr?.on('data', (chunk) => {
      errors = (errors + chunk).slice(-ERRORS_KEPT);
    });
    child.on('error', (error) => this.#end(exited(`with error: ${error.message}`)));
    child.on('close', (code, signal) =>
      this.#end(OUT_OF_MEMORY.test(errors) ? outOfMemory() : exited(exitReason(code, signal))),
    );
  }

  /** Handles a message of the process. Its code is not trusted: an invalid message ends the process. */
  async #receive(line: string): Promise<void> {
    const space = line.indexOf(' ');
    try {
      await this.#take(line.slice(0, space), line.slice(space + 1));
    } catch {
      this.#end(exited('with error: malformed message'));
    }
  }

  async #take(kind: string, text: string): Promise<void> {
    switch (kind) {
      case 'booted':
      case 'ready':
        this.#settle?.({ outcome: 'returned', value: undefined });
        break;
      case 'returned':
        this.#settle?.({ outcome: 'returned', value: JSON.parse(text) as unknown });
        break;
      case 'failed':
        this.#settle?.(failed(JSON.parse(text) as Failure));
        break;
      case 'fatal':
        this.#end(failed(JSON.parse(text) as Failure));
        break;
      case 'request':
        await this.#request(JSON.parse(text) as NetworkRequest);
    }
  }

  async #request(request: NetworkRequest): Promise<void> {
    this.#requests += 1;
    const reachable = { ...this.#options.reachable, signal: this.#ended.signal };
    this.#send(`reply ${JSON.stringify(await reach(reachable, request, this.#requests))}`);
    this.#requests -= 1;
  }

  #checkMemory(): void {
    this.#memoryChecked = performance.now();
    const used = residentMegabytes(this.#child.pid);
    if (used === undefined) return;
    this.#memoryUsed = Math.max(this.#memoryUsed ?? 0, used);
    if (used > this.#options.start.memorySize) this.#end(outOfMemory());
  }

  #end(invocation: Invocation): void {
    if (this.#alive) {
      this.#alive = false;
      this.#child.kill('SIGKILL');
      this.#ended.abort();
    }
    this.#settle?.(invocation);
  }
}

/** Returns the invocation of a function that failed. */
export function failure(errorType: string, message: string): Invocation {
  return { outcome: 'failed', errorType, message };
}

const failed = ({ errorType, message }: Failure) => failure(String(errorType), String(message));

const exited = (how: string) => failure('Runtime.ExitError', `Runtime exited ${how}`);

const outOfMemory = () => failure('Runtime.OutOfMemory', 'Runtime exited with error: signal: killed');
