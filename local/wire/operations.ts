import type { JsonObject } from '../json.ts';
import { type Fields, type Output, readInput, type StructureRules, structure } from '../shape.ts';

/** One call of an operation. */
interface Call {
  readonly name: string;
  /** The region that the request was signed for. */
  readonly region: string;
}

/** What an operation returns. */
// biome-ignore lint/suspicious/noConfusingVoidType: an operation without a result returns nothing
type Returned<Result> = Result | undefined | void;

export interface Operation<Context, Input, Result> {
  /**
   * `public`: no signature is needed. `signed`: every caller of the account is allowed, even if IAM denies the action. By
   * default, IAM must not deny the action.
   */
  readonly access?: 'public' | 'signed' | undefined;
  readonly run: (context: Context, input: Input, call: Call) => Returned<Result> | Promise<Returned<Result>>;
}

/** The operations of a service by name. */
export type Operations<Context, Input, Result> = Readonly<Record<string, Operation<Context, Input, Result>>>;

interface Reading {
  readonly format: 'json' | 'query';
  readonly access?: 'public' | 'signed';
  /** The error code for invalid input, if it is not that of the format. */
  readonly invalid?: string;
  /** Changes the input before it is read. */
  readonly prepare?: (body: JsonObject) => JsonObject;
}

/**
 * Returns the constructor of a service's operations, from the fields of the input and what to do with it. Refuses other
 * members by name.
 */
export function operationsOf<Context, Result>(reading: Reading) {
  const { format, access, invalid, prepare = (body) => body } = reading;
  return <F extends Fields>(
    fields: F,
    run: Operation<Context, Output<F>, Result>['run'],
    rules: StructureRules = {},
  ): Operation<Context, JsonObject, Result> => {
    const shape = structure(fields, { ...rules, strict: true });
    return {
      access,
      run: (context, body, call) => run(context, readInput(shape, prepare(body), format, invalid), call),
    };
  };
}
