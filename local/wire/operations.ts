import type { JsonObject } from '../json.ts';
import { Place, REQUEST_CODES } from '../place.ts';
import { type Fields, type Output, type Shape, type StructureRules, structure } from '../shape.ts';
import { AwsError } from './errors.ts';

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
  /** Members that every operation accepts and none reads. */
  readonly unread?: Fields;
  /** Changes the input before it is read. */
  readonly prepare?: (body: JsonObject) => JsonObject;
}

/**
 * Returns the constructor of a service's operations, from the fields of the input and what to do with it. Refuses other
 * members by name.
 */
export function operationsOf<Context, Result>(reading: Reading) {
  const { format, access, invalid, unread = {}, prepare = (body) => body } = reading;
  return <F extends Fields>(
    fields: F,
    run: Operation<Context, Output<F>, Result>['run'],
    rules: StructureRules = {},
  ): Operation<Context, JsonObject, Result> => {
    const shape: Shape<Output<F>> = structure<F>({ ...unread, ...fields }, { ...rules, strict: true });
    return {
      access,
      run: (context, body, call) => run(context, readInput(shape, prepare(body), format, invalid), call),
    };
  };
}

/**
 * Reads the input of an operation. Errors of the JSON protocol do not repeat values, because some are passwords.
 * @param invalid the service's code for invalid input
 * @throws AwsError with that code, or with the protocol's for malformed input
 */
function readInput<T>(
  shape: Shape<T>,
  body: JsonObject,
  protocol: 'json' | 'query',
  invalid: string = REQUEST_CODES[protocol].invalid,
): T {
  const place = new Place(protocol, invalid);
  const read = shape(body, place);
  const { length } = place.problems;
  if (length === 0) return read as T;
  const errors = length === 1 ? 'error' : 'errors';
  throw new AwsError(invalid, `${length} validation ${errors} detected: ${place.apiProblems().join('; ')}`);
}
