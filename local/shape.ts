import { isObject, type Json, type JsonObject } from './json.ts';
import { Place } from './place.ts';
import { AwsError } from './wire/errors.ts';

/** Reads one value. For an invalid value, adds a problem to `place` and returns `undefined`. */
export type Shape<T> = (value: Json, place: Place) => T | undefined;

interface Field<T> {
  readonly shape: Shape<NonNullable<T>>;
  readonly required: boolean;
  readonly otherwise?: T;
}

/** The members of a structure. A member with a shape alone can be absent. */
export type Fields = Readonly<Record<string, Field<unknown> | Shape<unknown>>>;
/** The value that a structure of fields reads. */
export type Output<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Field<infer T>
    ? T
    : F[K] extends Shape<infer T>
      ? T | undefined
      : never;
};
/** The value that a shape reads. */
export type Infer<S> = S extends Shape<infer T> ? T : never;

export function required<T>(shape: Shape<T>): Field<T> {
  return { shape: shape as Shape<NonNullable<T>>, required: true };
}

/** @param otherwise the value of an absent member */
export function withDefault<T>(shape: Shape<T>, otherwise: T): Field<T> {
  return { shape: shape as Shape<NonNullable<T>>, required: false, otherwise };
}

interface Limits {
  readonly min?: number;
  readonly max?: number;
}

interface TextLimits extends Limits {
  /** Must match the whole value. */
  readonly pattern?: RegExp;
}

/** A string. Templates can contain a number or a boolean instead. */
export function text({ min = 0, max = Number.POSITIVE_INFINITY, pattern }: TextLimits = {}): Shape<string> {
  const whole = pattern && new RegExp(`^(?:${pattern.source})$`, pattern.flags);
  return (given, place) => {
    const value = place.source === 'template' && isScalar(given) ? String(given) : given;
    if (typeof value !== 'string') return place.failType('String');
    const before = place.problems.length;
    const length = [...value].length;
    if (length < min || length > max) {
      const [name, word, limit] = length < min ? ['minLength', 'greater', min] : ['maxLength', 'less', max];
      place.fail(
        `expected ${name}: ${limit}, actual: ${length}`,
        `Member must have length ${word} than or equal to ${limit}`,
        value,
      );
    }
    // A value that is too long is not matched, because some patterns take quadratic time.
    if (length <= max && whole && pattern && !whole.test(value)) {
      place.fail(
        'failed validation constraint for keyword [pattern]',
        `Member must satisfy regular expression pattern: ${pattern.source}`,
        value,
      );
    }
    return place.problems.length === before ? value : undefined;
  };
}

const isScalar = (value: Json) => typeof value === 'number' || typeof value === 'boolean';

interface Choices {
  /** Values that the embedded cloud does not support. They are refused by name. */
  readonly notSupported?: readonly string[];
}

/** One of the given values. Templates can contain a number as a string. */
export function oneOf<const T extends string | number>(
  choices: readonly T[],
  { notSupported = [] }: Choices = {},
): Shape<T> {
  return (value, place) => {
    if (typeof value !== 'string' && typeof value !== 'number') return place.failType('String');
    const written = place.source === 'template' ? String : (given: string | number) => given;
    const found = choices.find((choice) => written(choice) === written(value));
    if (found !== undefined) return found;
    if (notSupported.includes(String(value))) place.notSupported(String(value));
    return place.fail(
      `${JSON.stringify(value)} is not a valid enum value. Valid values: ${choices.join(', ')}`,
      `Member must satisfy enum value set: [${(place.source === 'query' ? choices : [...choices].sort()).join(', ')}]`,
      String(value),
    );
  };
}

/** A whole number within bounds, both inclusive. CloudFormation can also send it as a string. */
export function integer({ min, max }: { min: number; max: number }): Shape<number> {
  return (value, place) => {
    const number = typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number)) return place.failType('Integer');
    if (number >= min && number <= max) return number;
    const [bound, limit] = number < min ? ['greater', min] : ['less', max];
    return place.fail(
      `${number} is not ${bound} or equal to ${limit}`,
      `Member must have value ${bound} than or equal to ${limit}`,
      String(number),
    );
  };
}

export function flag(): Shape<boolean> {
  return (value, place) => {
    const word = place.source === 'query' && typeof value === 'string' ? value.toLowerCase() : value;
    if (word === true || word === 'true') return true;
    if (word === false || word === 'false') return false;
    return place.failType('Boolean');
  };
}

function checkCount(
  { length }: readonly unknown[],
  { min = 0, max = Number.POSITIVE_INFINITY }: Limits,
  place: Place,
): void {
  if (length >= min && length <= max) return;
  const [bound, word, limit] = length < min ? ['minimum', 'greater', min] : ['maximum', 'less', max];
  place.fail(
    `expected ${bound} item count: ${limit}, found: ${length}`,
    `Member must have length ${word} than or equal to ${limit}`,
  );
}

export function list<T>(item: Shape<T>, limits: Limits = {}): Shape<readonly T[]> {
  return (value, place) => {
    // The query protocol writes an empty list as an empty string.
    if (value === '' && place.source === 'query') return [];
    if (!Array.isArray(value)) return place.failType('JSONArray', 'List');
    checkCount(value, limits, place);
    return value.map((entry, index) => item(entry, place.at(index))) as T[];
  };
}

interface MapLimits extends Limits {
  readonly names?: Shape<string>;
  readonly values?: Shape<string>;
}

/** A map from names to strings. */
export function strings({
  names = text(),
  values = text(),
  ...limits
}: MapLimits = {}): Shape<Readonly<Record<string, string>>> {
  return (value, place) => {
    const entries = Object.entries(object(value, place) ?? {});
    checkCount(entries, limits, place);
    return Object.fromEntries(
      entries.map(([name, entry]) => [
        names(name, place.at(name)) ?? '',
        values(entry, place.at(name)) ?? '',
      ]),
    );
  };
}

/** A JSON object of no fixed shape, such as a policy document. */
export function document(): Shape<JsonObject> {
  return object;
}

const TAG = /[\p{L}\p{Z}\p{N}_.:/=+\-@]*/u;
export const tagKey = text({ min: 1, max: 128, pattern: TAG });
export const tagValue = text({ max: 256, pattern: TAG });

/** A list of `{ Key, Value }`, the form of `Tags` in most resource types. */
export function tags(limits: Limits = {}): Shape<Readonly<Record<string, string>>> {
  const tag = structure({ Key: required(tagKey), Value: required(tagValue) });
  return changed(list(tag, limits), (entries) =>
    Object.fromEntries(entries.map(({ Key, Value }) => [Key, Value])),
  );
}

export interface StructureRules {
  /** Members that the embedded cloud does not support. They are refused by name. */
  readonly notSupported?: readonly string[];
  /** Whether unknown members of a request are refused, which AWS ignores. Those of a template always are. */
  readonly strict?: boolean;
}

export function structure<F extends Fields>(
  fields: F,
  { notSupported: refused = [], strict = false }: StructureRules = {},
): Shape<Output<F>> {
  return (value, place) => {
    const source = object(value, place);
    if (source === undefined) return undefined;
    const unknown = Object.keys(source).filter((name) => !Object.hasOwn(fields, name));
    const known =
      strict && place.source !== 'template' ? unknown : unknown.filter((name) => refused.includes(name));
    const [first] = known;
    if (first !== undefined) place.at(first).notSupported();
    if (place.source === 'template') {
      for (const name of unknown) place.fail(`extraneous key [${name}] is not permitted`, '');
    }
    const read = Object.entries(fields).map(([name, given]): [string, unknown] => {
      const field =
        typeof given === 'function' ? { shape: given, required: false, otherwise: undefined } : given;
      const member = Object.hasOwn(source, name) ? source[name] : null;
      if (member !== null && member !== undefined) return [name, field.shape(member, place.at(name))];
      if (field.required && place.source === 'template') place.fail(`required key [${name}] not found`, '');
      if (field.required && place.source !== 'template') place.at(name).fail('', 'Member must not be null');
      return [name, field.otherwise];
    });
    return Object.fromEntries(read) as Output<F>;
  };
}

/**
 * Converts a valid value.
 * @param change can throw an `AwsError` that names `place`, such as `#/Code/ZipFile`
 */
export function changed<T, U>(shape: Shape<T>, change: (value: T, place: string) => U): Shape<U> {
  return (value, place) => {
    const before = place.problems.length;
    const read = shape(value, place);
    return read === undefined || place.problems.length > before ? undefined : change(read, String(place));
  };
}

function object(value: Json, place: Place): JsonObject | undefined {
  if (isObject(value)) return value;
  return place.failType('JSONObject', 'Structure');
}

/**
 * Reads the properties of a CloudFormation resource.
 * @throws AwsError `InvalidRequest`, such as `Model validation failed (#/Timeout: 901 is not less or equal to 900)`
 */
export function readProperties<T>(shape: Shape<T>, properties: JsonObject): T {
  const place = new Place('template', 'InvalidRequest');
  const read = shape(properties, place);
  if (place.problems.length === 0) return read as T;
  throw new AwsError(place.invalid, `Model validation failed (${place.modelProblems().join('; ')})`);
}
