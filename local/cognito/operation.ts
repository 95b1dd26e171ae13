import type { JsonObject } from '../json.ts';
import { invalidParameter } from './errors.ts';
import type { Outbox } from './outbox.ts';
import { type Problem, parse, type Shape } from './shape.ts';
import type { Pools } from './store/pools.ts';

/** What every operation works on. */
export interface Context {
  readonly pools: Pools;
  readonly outbox: Outbox;
  readonly now: () => Date;
}

/** One operation of the user pool API. */
export interface Operation {
  readonly name: string;
  /** Whether a caller signs it with AWS credentials; the others anybody may call. */
  readonly signed: boolean;
  readonly run: (context: Context, input: JsonObject) => JsonObject;
}

/** AWS's words for input that breaks the model. Values are left out, since some are passwords. */
function invalidInput(problems: readonly Problem[]): Error {
  const lower = (step: string) => step.charAt(0).toLowerCase() + step.slice(1);
  const reasons = problems.map(({ path, constraint }) => {
    const value = constraint === 'Member must not be null' ? 'Value null' : 'Value';
    return `${value} at '${path.map(lower).join('.')}' failed to satisfy constraint: ${constraint}`;
  });
  const errors = reasons.length === 1 ? 'error' : 'errors';
  return invalidParameter(`${reasons.length} validation ${errors} detected: ${reasons.join('; ')}`);
}

/** An operation whose input is checked against its shape before it runs. */
export function operation<T>(
  name: string,
  caller: 'signed' | 'public',
  input: Shape<T>,
  run: (context: Context, input: T) => JsonObject,
): Operation {
  return {
    name,
    signed: caller === 'signed',
    run: (context, body) => run(context, parse(input, body, invalidInput)),
  };
}
