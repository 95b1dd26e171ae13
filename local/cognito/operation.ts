import type { JsonObject } from '../json.ts';
import { operationsOf } from '../wire/operations.ts';
import type { Outbox } from './messages.ts';
import type { Pools } from './store/pools.ts';

/** Dependencies of every operation. */
export interface Context {
  readonly pools: Pools;
  readonly outbox: Outbox;
  readonly now: () => Date;
}

/** Creates an operation that needs a signature by AWS credentials. */
export const signed = operationsOf<Context, JsonObject>({ format: 'json' });

/** Creates an operation that everybody can call. */
export const open = operationsOf<Context, JsonObject>({ format: 'json', access: 'public' });
