import type { JsonObject } from '../json.ts';
import { readInput, type Shape } from '../shape.ts';
import type { Outbox } from './messages.ts';
import type { Pools } from './store/pools.ts';

/** Dependencies of every operation. */
export interface Context {
  readonly pools: Pools;
  readonly outbox: Outbox;
  readonly now: () => Date;
}

/** One operation of the user pool API. */
export interface Operation {
  readonly name: string;
  /** Whether it needs a signature by AWS credentials. Everybody can call the others. */
  readonly signed: boolean;
  readonly run: (context: Context, input: JsonObject) => JsonObject;
}

/** Creates an operation whose input is read by its shape. */
export function operation<T>(
  name: string,
  caller: 'signed' | 'public',
  input: Shape<T>,
  run: (context: Context, input: T) => JsonObject,
): Operation {
  return {
    name,
    signed: caller === 'signed',
    run: (context, body) => run(context, readInput(input, body)),
  };
}
