import { availableParallelism } from 'node:os';
import type { HttpHandler } from '../../wire/http.ts';
import { functionArn, logGroupAtEdge, logStreamName } from '../arn.ts';
import type { Functions, NamedVersion } from '../functions.ts';
import { textLines } from '../logs/log-lines.ts';
import { jsonLines } from '../logs/log-lines-json.ts';
import type { Start } from '../messages.ts';
import { environmentOf, nodeFacts } from './environment.ts';
import type { InstanceOptions } from './instance.ts';
import { findIsolation, type Isolation } from './isolation.ts';
import type { KeySetFault } from './key-sets.ts';
import { InstancePool } from './pool.ts';
import { builtSandbox } from './sandbox-process.ts';

export interface VersionPoolsOptions {
  readonly functions: Functions;
  readonly now: () => Date;
  /** Handles requests of functions to hosts of amazonaws.com. */
  readonly network: HttpHandler;
  /** Returns the fault of the key set at a URL. */
  readonly keySetFault?: (url: string) => KeySetFault | undefined;
  /** Receives the output of functions: messages for a stream of a log group. */
  readonly log: (group: string, stream: string, ...messages: string[]) => void;
  /** The built text of `sandbox/main.ts`. Default: the one in `dist/`. */
  readonly sandboxSource?: string;
}

/** Maximum instances of one version. Each is a process of about 50 MB. */
const MAX_INSTANCES = 4;

/** Seconds: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html */
const INIT_TIMEOUT = 10;

/** The pools of all published versions, by ARN. A pool is created at the first event of its version. */
export class VersionPools {
  readonly #options: VersionPoolsOptions;
  readonly #pools = new Map<string, InstancePool>();
  #sandboxSource: string | undefined;

  constructor(options: VersionPoolsOptions) {
    this.#options = options;
    this.#sandboxSource = options.sandboxSource;
  }

  /** What isolates functions on this computer. The first call tries several kinds. */
  get isolation(): Isolation {
    return findIsolation();
  }

  /** Returns the pool of a version; `undefined` if there is no such version. */
  of(versionArn: string): InstancePool | undefined {
    const existing = this.#pools.get(versionArn);
    if (existing !== undefined) return existing;
    const published = this.#options.functions.findVersion(versionArn);
    if (published === undefined) return undefined;
    const limit = Math.min(availableParallelism(), MAX_INSTANCES);
    const pool = new InstancePool(this.#instanceOptions(published), limit);
    this.#pools.set(versionArn, pool);
    return pool;
  }

  /** Stops the instances of a version. Running events fail. */
  async close(versionArn: string): Promise<void> {
    const pool = this.#pools.get(versionArn);
    this.#pools.delete(versionArn);
    await pool?.close();
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()));
  }

  #instanceOptions(published: NamedVersion): InstanceOptions {
    const { network, keySetFault = () => undefined } = this.#options;
    const { name, version, configuration, keySets = [] } = published;
    const { timeout, logFormat, systemLogLevel = 'INFO' } = configuration;
    this.#sandboxSource ??= builtSandbox();
    return {
      sandboxSource: this.#sandboxSource,
      start: this.#startOf(published),
      timeout,
      initTimeout: INIT_TIMEOUT,
      reachable: { network, keySets, keySetFault },
      openLog: () => {
        const stream = logStreamName(this.#options.now(), version);
        const group = logGroupAtEdge(name, configuration);
        return { name: stream, write: (...messages) => this.#options.log(group, stream, ...messages) };
      },
      systemLines: logFormat === 'JSON' ? jsonLines(systemLogLevel) : textLines,
      within: this.isolation.command,
    };
  }

  #startOf(published: NamedVersion): Start {
    const { name, version, configuration } = published;
    const { handler, runtime, memorySize } = configuration;
    return {
      code: this.#options.functions.code(name, published),
      handler,
      runtime,
      functionName: name,
      functionVersion: version,
      functionArn: functionArn(name, version),
      memorySize,
      environment: environmentOf(name, version, configuration),
      ...nodeFacts(),
    };
  }
}
