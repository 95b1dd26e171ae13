import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Service, ServiceOptions } from '../service.ts';
import { requestDoor } from '../wire/door.ts';
import type { HttpHandler } from '../wire/http.ts';
import { OPERATIONS } from './api/operations.ts';
import { restProtocol } from './api/rest-protocol.ts';
import { functionArn, logGroupAtEdge, logStreamName, parseVersionArn } from './arn.ts';
import { Functions } from './functions.ts';
import { environmentOf, nodeFacts } from './instances/environment.ts';
import { failure } from './instances/instance.ts';
import { findIsolation, type Isolation } from './instances/isolation.ts';
import type { KeySetFault } from './instances/key-sets.ts';
import { InstancePool } from './instances/pool.ts';
import { builtSandbox } from './instances/sandbox-process.ts';
import { textLines } from './logs/log-lines.ts';
import { jsonLines } from './logs/log-lines-json.ts';
import type { Invoke } from './messages.ts';
import type { Configuration } from './model.ts';
import { lambdaResources } from './resources/resources.ts';
import { FunctionStore } from './store.ts';

export interface LambdaOptions extends ServiceOptions {
  /** Handles requests of functions to hosts of amazonaws.com. */
  readonly network: HttpHandler;
  /** Returns the fault of the key set at a URL. */
  readonly keySetFault?: (url: string) => KeySetFault | undefined;
  /** Whether CloudFront still holds replicas of a version; such a version cannot be deleted. */
  readonly isReplicated: (versionArn: string) => boolean;
  /** Services that can assume a role; `undefined` if it does not exist. */
  readonly roleTrusts: (roleArn: string) => readonly string[] | undefined;
  /** Receives the output of functions: messages for a stream of a log group. */
  readonly log: (group: string, stream: string, ...messages: string[]) => void;
  /** Concurrent executions of the account, as GetAccountSettings reports them; 1,000 by default. */
  readonly concurrency?: () => number;
  /** The built text of `sandbox/main.ts`. Default: the one in `dist/`. */
  readonly sandboxSource?: string;
}

/** Describes a published version, so that CloudFront can check whether it can run at the edge. */
interface VersionDescription extends Configuration {
  /** Bytes of `index.js`. */
  readonly codeSize: number;
}

export interface Lambda extends Service {
  readonly invoke: Invoke;
  describeVersion(versionArn: string): VersionDescription | undefined;
  /** What isolates functions on this computer, in words. */
  isolation(): string;
  /** Stops every instance. Running events fail. */
  close(): Promise<void>;
}

/** Maximum instances of one version. Each is a process of about 50 MB. */
const MAX_INSTANCES = 4;

/** Seconds: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html */
const INIT_TIMEOUT = 10;

/** The embedded Lambda: functions with inline Node.js code, run from their published versions. */
export function createLambda(options: LambdaOptions): Lambda {
  const { dataDir, now, concurrency = () => 1000 } = options;
  let { sandboxSource } = options;
  let found: Isolation | undefined;
  const isolation = () => {
    found ??= findIsolation();
    return found;
  };
  const pools = new Map<string, InstancePool>();
  const functions = new Functions({
    ...options,
    store: new FunctionStore(join(dataDir, 'functions')),
    onDeleted: (versionArns) => {
      for (const arn of versionArns) {
        void pools.get(arn)?.close();
        pools.delete(arn);
      }
    },
  });

  const find = (versionArn: string) => {
    const parsed = parseVersionArn(versionArn);
    const record = parsed && functions.find(parsed.name);
    const snapshot = record?.versions.find(({ version }) => version === parsed?.version);
    return record && snapshot ? { name: record.name, snapshot } : undefined;
  };

  const poolOf = (versionArn: string): InstancePool | undefined => {
    const existing = pools.get(versionArn);
    if (existing) return existing;
    const published = find(versionArn);
    if (published === undefined) return undefined;
    const { name, snapshot } = published;
    const { version, configuration } = snapshot;
    const { handler, runtime, memorySize, timeout, logFormat, systemLogLevel = 'INFO' } = configuration;
    const start = {
      code: functions.code(name, snapshot),
      handler,
      runtime,
      functionName: name,
      functionVersion: version,
      functionArn: functionArn(name, version),
      memorySize,
      environment: environmentOf(name, version, configuration),
      ...nodeFacts(),
    } as const;
    const openLog = () => {
      const stream = logStreamName(now(), version);
      return {
        name: stream,
        write: (...messages: string[]) =>
          options.log(logGroupAtEdge(name, configuration), stream, ...messages),
      };
    };
    sandboxSource ??= builtSandbox();
    const { command: within } = isolation();
    const limit = Math.min(availableParallelism(), MAX_INSTANCES);
    const { network, keySetFault = () => undefined } = options;
    const reachable = { network, keySets: snapshot.keySets ?? [], keySetFault };
    const systemLines = logFormat === 'JSON' ? jsonLines(systemLogLevel) : textLines;
    const pool = new InstancePool(
      { sandboxSource, start, timeout, initTimeout: INIT_TIMEOUT, reachable, openLog, systemLines, within },
      limit,
    );
    pools.set(versionArn, pool);
    return pool;
  };

  return {
    handle: requestDoor({
      ...options,
      service: 'lambda',
      protocol: restProtocol,
      operations: OPERATIONS,
      context: () => ({ functions, concurrency }),
    }),
    resources: lambdaResources(functions),
    isolation: () => isolation().description,
    async invoke(versionArn, event) {
      const pool = poolOf(versionArn);
      if (pool) return pool.invoke(event);
      return failure('ResourceNotFoundException', `Function not found: ${versionArn}`);
    },
    describeVersion(versionArn) {
      const published = find(versionArn);
      return published && { ...published.snapshot.configuration, codeSize: published.snapshot.codeSize };
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.close()));
    },
  };
}
