import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { allowedNodeEnvironmentFlags } from 'node:process';
import type { HttpHandler } from '../wire/http.ts';
import { InstanceLog, type LogStream } from './instance-log.ts';
import type { Invocation } from './invocation.ts';
import type { SystemLines } from './log-lines.ts';
import { residentMegabytes } from './memory.ts';
import type { FromSandbox, Start, ToSandbox } from './messages.ts';
import { reach } from './network.ts';

export interface InstanceOptions {
  /** The built `sandbox.ts`, symbolic links resolved. */
  readonly sandboxFile: string;
  readonly start: Start;
  /** Seconds that one event may take. */
  readonly timeout: number;
  /** Seconds that loading the code may take. */
  readonly initTimeout: number;
  readonly network: HttpHandler;
  /** A stream of its own for each instance. */
  readonly openLog: () => LogStream;
  readonly systemLines: SystemLines;
}

const MEMORY_CHECK_MS = 100;
/** Requests of the function's code under way at once. */
const REQUEST_LIMIT = 32;

/** What Node dies of when its heap is full. */
const OUT_OF_MEMORY = new Set<NodeJS.Signals | null>(['SIGABRT', 'SIGTRAP', 'SIGILL']);

const permissionFlag = allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission';

type Settle = (invocation: Invocation) => void;

/**
 * One execution environment: a process of its own that holds the function's code and takes one event at a time. A
 * process rather than a worker thread, because V8 ends the whole process when a thread's heap overflows in one leap.
 */
export class Instance {
  /** Gives `undefined` once the code is loaded, or how loading it failed; the instance is then dead. */
  readonly ready: Promise<Invocation | undefined>;
  #child: ChildProcess;
  #options: InstanceOptions;
  #settle: Settle | undefined;
  readonly #log: InstanceLog;
  #requests = 0;
  /** MB */
  #memoryUsed: number | undefined;
  /** Resolves when the log tells of what ran last. */
  #told: Promise<unknown>;
  #alive = true;

  constructor(options: InstanceOptions) {
    this.#options = options;
    const { memorySize, environment, runtime, functionName, functionVersion: version } = options.start;
    const stream = options.openLog();
    this.#child = fork(options.sandboxFile, [], {
      // Lambda's clock is UTC. Nothing of this computer's environment goes in.
      env: { TZ: 'UTC' },
      execArgv: [
        permissionFlag,
        `--allow-fs-read=${options.sandboxFile}`,
        '--experimental-vm-modules',
        '--no-warnings',
        `--max-old-space-size=${Math.floor(memorySize * 0.9)}`,
      ],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
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

  /** Whether it can take a further event. */
  get alive(): boolean {
    return this.#alive;
  }

  /** Runs one event to its end. Called again only after the one before has ended. */
  run(event: unknown): Promise<Invocation> {
    const run = this.#run(event);
    this.#told = run;
    return run;
  }

  stop(): void {
    this.#end({ outcome: 'failed', errorType: 'Runtime.ExitError', message: 'The instance was stopped.' });
  }

  /** Resolves when the process has gone. */
  async gone(): Promise<void> {
    this.stop();
    await this.#log.closed;
    await this.#told;
  }

  async #initialise(start: Start): Promise<Invocation | undefined> {
    const begun = performance.now();
    const outcome = await this.#until(this.#options.initTimeout, start);
    await this.#log.initialised(outcome, performance.now() - begun);
    return outcome.outcome === 'returned' ? undefined : outcome;
  }

  async #run(event: unknown): Promise<Invocation> {
    const { timeout, start } = this.#options;
    const requestId = randomUUID();
    this.#log.started(requestId, start.functionVersion);
    const begun = performance.now();
    const outcome = await this.#until(timeout, {
      type: 'invoke',
      requestId,
      event: JSON.stringify(event) ?? 'null',
      deadline: Date.now() + timeout * 1000,
    });
    const duration = performance.now() - begun;
    this.#checkMemory();
    const { memorySize } = start;
    const memoryUsed = this.#memoryUsed;
    await this.#log.ended({ requestId, outcome, duration, memorySize, memoryUsed, alive: this.#alive });
    return outcome;
  }

  #until(seconds: number, message: ToSandbox): Promise<Invocation> {
    if (!this.#alive) {
      return Promise.resolve({
        outcome: 'failed',
        errorType: 'Runtime.ExitError',
        message: 'The instance is gone.',
      });
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#end({ outcome: 'timed-out', seconds }), seconds * 1000);
      const watch = setInterval(() => this.#checkMemory(), MEMORY_CHECK_MS);
      this.#settle = (invocation) => {
        this.#settle = undefined;
        clearTimeout(timer);
        clearInterval(watch);
        resolve(invocation);
      };
      this.#send(message);
    });
  }

  #send(message: ToSandbox): void {
    // A channel that closed under the message is followed by the exit, which settles what is waiting.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #listen(): void {
    const child = this.#child;
    child.on('message', (message) => void this.#receive(message as FromSandbox));
    child.on('error', (error) => this.#end(exited(`with error: ${error.message}`)));
    child.on('exit', (code, signal) =>
      this.#end(OUT_OF_MEMORY.has(signal) ? outOfMemory() : exited(reason(code, signal))),
    );
  }

  /** Whatever comes from the process is answered by ending it at worst: it runs other people's code. */
  async #receive(message: FromSandbox): Promise<void> {
    try {
      await this.#take(message);
    } catch {
      this.#end(exited('with error: malformed message'));
    }
  }

  async #take(message: FromSandbox): Promise<void> {
    switch (message.type) {
      case 'ready':
        this.#settle?.({ outcome: 'returned', value: undefined });
        break;
      case 'returned':
        this.#settle?.({ outcome: 'returned', value: JSON.parse(message.result) });
        break;
      case 'failed': {
        const { errorType, message: text } = message;
        const failed: Invocation = { outcome: 'failed', errorType, message: text };
        if (message.fatal) this.#end(failed);
        else this.#settle?.(failed);
        break;
      }
      case 'request':
        await this.#request(message);
    }
  }

  async #request(request: Extract<FromSandbox, { type: 'request' }>): Promise<void> {
    if (this.#requests >= REQUEST_LIMIT) {
      const { id, host } = request;
      this.#send({
        type: 'unanswered',
        id,
        code: 'EMFILE',
        message: `connect EMFILE ${host}: ${REQUEST_LIMIT} requests are under way`,
      });
      return;
    }
    this.#requests += 1;
    this.#send(await reach(this.#options.network, request));
    this.#requests -= 1;
  }

  #checkMemory(): void {
    const used = residentMegabytes(this.#child.pid);
    if (used === undefined) return;
    this.#memoryUsed = Math.max(this.#memoryUsed ?? 0, used);
    if (used > this.#options.start.memorySize) this.#end(outOfMemory());
  }

  #end(invocation: Invocation): void {
    if (this.#alive) {
      this.#alive = false;
      this.#child.kill('SIGKILL');
    }
    this.#settle?.(invocation);
  }
}

/** As https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html words it. */
function reason(code: number | null, signal: string | null): string {
  return code === 0 ? 'without providing a reason' : `with error: ${signal ?? `exit status ${code}`}`;
}

const exited = (how: string): Invocation => {
  return { outcome: 'failed', errorType: 'Runtime.ExitError', message: `Runtime exited ${how}` };
};

const outOfMemory = (): Invocation => {
  return {
    outcome: 'failed',
    errorType: 'Runtime.OutOfMemory',
    message: 'Runtime exited with error: signal: killed',
  };
};
