import { join } from 'node:path';
import { REGION } from '../account.ts';
import type { Service, ServiceOptions } from '../service.ts';
import { requestDoor } from '../wire/door.ts';
import { OPERATIONS } from './api/operations.ts';
import { restProtocol } from './api/rest-protocol.ts';
import { Functions } from './functions.ts';
import { failure } from './instances/instance.ts';
import { VersionPools, type VersionPoolsOptions } from './instances/version-pools.ts';
import type { Invoke } from './messages.ts';
import type { Configuration } from './model.ts';
import { lambdaResources } from './resources/resources.ts';
import { FunctionStore } from './store.ts';

export interface LambdaOptions extends ServiceOptions, Omit<VersionPoolsOptions, 'functions'> {
  /** Whether CloudFront still has replicas of a version. Such a version cannot be deleted. */
  readonly isReplicated: (versionArn: string) => boolean;
  /** Services that can assume a role; `undefined` if it does not exist. */
  readonly roleTrusts: (roleArn: string) => readonly string[] | undefined;
  /** Concurrent executions of the account, as GetAccountSettings reports them; 1,000 by default. */
  readonly concurrency?: () => number;
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

/** The embedded Lambda: functions with inline Node.js code, run from their published versions. */
export function createLambda(options: LambdaOptions): Lambda {
  const { dataDir, concurrency = () => 1000 } = options;
  const functions = new Functions({
    ...options,
    store: new FunctionStore(join(dataDir, 'functions')),
    onDeleted: (versionArns) => {
      for (const arn of versionArns) void pools.close(arn);
    },
  });
  const pools = new VersionPools({ ...options, functions });
  // No operation creates a function there.
  const elsewhere = new Functions({
    ...options,
    store: new FunctionStore(join(dataDir, 'elsewhere')),
    onDeleted: () => {},
  });

  return {
    handle: requestDoor({
      ...options,
      service: 'lambda',
      protocol: restProtocol,
      anyRegion: true,
      operations: OPERATIONS,
      context: (region) => ({ functions: region === REGION ? functions : elsewhere, concurrency }),
    }),
    resources: lambdaResources(functions),
    isolation: () => pools.isolation.description,
    async invoke(versionArn, event) {
      const pool = pools.of(versionArn);
      if (pool) return pool.invoke(event);
      return failure('ResourceNotFoundException', `Function not found: ${versionArn}`);
    },
    describeVersion(versionArn) {
      const published = functions.findVersion(versionArn);
      return published && { ...published.configuration, codeSize: published.codeSize };
    },
    close: () => pools.closeAll(),
  };
}
