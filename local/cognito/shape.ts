import type { Json, JsonObject } from '../json.ts';
import { AwsError } from '../wire/errors.ts';

/** One constraint that a value fails. */
export interface Problem {
  /** Member names and one-based list positions, outermost first. */
  readonly path: readonly string[];
  readonly constraint: string;
}

type Path = readonly string[];

/** Reads one value, or tells what is wrong with it and gives `undefined`. */
export type Shape<T> = (value: Json, path: Path, problems: Problem[]) => T | undefined;

export interface Field<T> {
  readonly shape: Shape<NonNullable<T>>;
  readonly required: boolean;
}

type Fields = Readonly<Record<string, Field<unknown>>>;
type Output<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };
/** The value that a shape reads. */
export type Infer<S> = S extends Shape<infer T> ? T : never;

export const required = <T>(shape: Shape<T>): Field<T> => ({
  shape: shape as Shape<NonNullable<T>>,
  required: true,
});
export const optional = <T>(shape: Shape<T>): Field<T | undefined> => ({
  shape: shape as Shape<NonNullable<T>>,
  required: false,
});

/** A value of the wrong JSON type; AWS's JSON protocol answers so before any constraint is looked at. */
const wrongType = (expected: string, path: Path) =>
  new AwsError(
    'SerializationException',
    `Unexpected value type in payload: ${expected} expected${path.length > 0 ? ` at ${path.join('.')}` : ''}`,
  );

interface TextLimits {
  readonly min?: number;
  readonly max?: number;
  /** Must match the whole value. */
  readonly pattern?: RegExp;
}

export function text({ min = 0, max = Number.POSITIVE_INFINITY, pattern }: TextLimits = {}): Shape<string> {
  return (value, path, problems) => {
    if (typeof value !== 'string') throw wrongType('String', path);
    const before = problems.length;
    const fail = (constraint: string) => problems.push({ path, constraint });
    const length = [...value].length;
    if (length < min) fail(`Member must have length greater than or equal to ${min}`);
    if (length > max) fail(`Member must have length less than or equal to ${max}`);
    // Too long a value is not matched: a pattern may take time that grows with the square of the length.
    if (length <= max && pattern && !new RegExp(`^(?:${pattern.source})$`, pattern.flags).test(value)) {
      fail(`Member must satisfy regular expression pattern: ${pattern.source}`);
    }
    return problems.length === before ? value : undefined;
  };
}

export function oneOf<const T extends string>(choices: readonly T[]): Shape<T> {
  return (value, path, problems) => {
    if (typeof value !== 'string') throw wrongType('String', path);
    const found = choices.find((choice) => choice === value);
    if (found === undefined) {
      problems.push({
        path,
        constraint: `Member must satisfy enum value set: [${[...choices].sort().join(', ')}]`,
      });
    }
    return found;
  };
}

/** A whole number. CloudFormation sends numbers as strings too, so the decimal form is accepted. */
export function integer({ min, max }: { min: number; max: number }): Shape<number> {
  return (value, path, problems) => {
    const number = typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number)) throw wrongType('Integer', path);
    const bound =
      number < min ? `greater than or equal to ${min}` : number > max ? `less than or equal to ${max}` : '';
    if (bound === '') return number;
    problems.push({ path, constraint: `Member must have value ${bound}` });
    return undefined;
  };
}

export function flag(): Shape<boolean> {
  return (value, path) => {
    if (value === true || value === 'true') return true;
    if (value === false || value === 'false') return false;
    throw wrongType('Boolean', path);
  };
}

export function list<T>(item: Shape<T>, { max = Number.POSITIVE_INFINITY } = {}): Shape<readonly T[]> {
  return (value, path, problems) => {
    if (!Array.isArray(value)) throw wrongType('List', path);
    if (value.length > max) {
      problems.push({ path, constraint: `Member must have length less than or equal to ${max}` });
    }
    const items = value.map((entry, index) => item(entry, [...path, String(index + 1), 'member'], problems));
    return items as T[];
  };
}

/** A map of strings. */
export function strings(): Shape<Readonly<Record<string, string>>> {
  return (value, path) => {
    const entries = Object.entries(object(value, path));
    if (entries.some(([, entry]) => typeof entry !== 'string')) throw wrongType('String', path);
    return Object.fromEntries(entries) as Record<string, string>;
  };
}

/** A structure. Members that AWS does not know are ignored, as its JSON protocol does, unless `closed`. */
export function structure<F extends Fields>(fields: F, { closed = false } = {}): Shape<Output<F>> {
  return (value, path, problems) => {
    const source = object(value, path);
    if (closed) {
      for (const name of Object.keys(source)) {
        if (!Object.hasOwn(fields, name)) {
          problems.push({ path, constraint: `extraneous key [${name}] is not permitted` });
        }
      }
    }
    const read = Object.entries(fields).map(([name, field]): [string, unknown] => {
      const member = Object.hasOwn(source, name) ? source[name] : null;
      const here = [...path, name];
      if (member === null || member === undefined) {
        if (field.required) problems.push({ path: here, constraint: 'Member must not be null' });
        return [name, undefined];
      }
      return [name, field.shape(member, here, problems)];
    });
    return Object.fromEntries(read) as Output<F>;
  };
}

function object(value: Json, path: Path): JsonObject {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw wrongType('Structure', path);
  return value;
}

/** The value as its shape reads it; `refuse` makes the error out of all that is wrong with it. */
export function parse<T>(shape: Shape<T>, value: Json, refuse: (problems: readonly Problem[]) => Error): T {
  const problems: Problem[] = [];
  const read = shape(value, [], problems);
  if (problems.length > 0) throw refuse(problems);
  return read as T;
}
