import type { Json, JsonObject } from './json.ts';
import { AwsError } from './wire/errors.ts';

interface TextBounds {
  readonly min?: number;
  readonly max?: number;
  /** Has to match the whole value: anchor it. */
  readonly pattern?: RegExp;
}

/**
 * The properties of a CloudFormation resource, or of an object within, read one by one. What does not fit is refused in
 * the words of the resource's model validation: `Model validation failed (#/Timeout: 901 is not less or equal to 900)`.
 */
export class Properties {
  readonly #source: JsonObject;
  readonly #path: string;

  constructor(source: JsonObject, path = '#') {
    this.#source = source;
    this.#path = path;
  }

  /** Refuses by name what is not in `known`; `notDone` are properties that AWS has and the embedded cloud has not. */
  only(known: readonly string[], notDone: readonly string[] = []): this {
    for (const name of Object.keys(this.#source)) {
      if (known.includes(name)) continue;
      throw notDone.includes(name)
        ? new AwsError(
            'InvalidRequest',
            `The embedded cloud does not have the property ${name} (${this.#path}/${name}).`,
          )
        : invalid(this.#path, `extraneous key [${name}] is not permitted`);
    }
    return this;
  }

  has(name: string): boolean {
    return this.#get(name) !== undefined;
  }

  optionalText(name: string, bounds: TextBounds = {}): string | undefined {
    const value = this.#get(name);
    return value === undefined ? undefined : text(value, this.#at(name), bounds);
  }

  text(name: string, bounds: TextBounds = {}): string {
    return text(this.#required(name), this.#at(name), bounds);
  }

  choice<const T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    throw invalid(
      this.#at(name),
      `${JSON.stringify(value)} is not a valid enum value. Valid values: ${choices.join(', ')}`,
    );
  }

  /** A whole number; its decimal form as a string will do, as it does in a template. */
  integer(name: string, { min, max }: { min: number; max: number }): number | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    const number = typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number))
      throw invalid(this.#at(name), 'expected type: Integer');
    if (number < min) throw invalid(this.#at(name), `${number} is not greater or equal to ${min}`);
    if (number > max) throw invalid(this.#at(name), `${number} is not less or equal to ${max}`);
    return number;
  }

  texts(name: string, bounds: TextBounds = {}): string[] | undefined {
    return this.#list(name)?.map((item, index) => text(item, `${this.#at(name)}/${index}`, bounds));
  }

  nested(name: string): Properties | undefined {
    const value = this.#get(name);
    return value === undefined ? undefined : new Properties(object(value, this.#at(name)), this.#at(name));
  }

  nestedList(name: string): Properties[] | undefined {
    return this.#list(name)?.map((item, index) => {
      const path = `${this.#at(name)}/${index}`;
      return new Properties(object(item, path), path);
    });
  }

  /** A JSON object of no fixed shape, such as a policy document. */
  document(name: string): JsonObject {
    return object(this.#required(name), this.#at(name));
  }

  /** A map from names to strings. */
  map(name: string): Record<string, string> | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    const entries = Object.entries(object(value, this.#at(name)));
    return Object.fromEntries(entries.map(([key, item]) => [key, text(item, `${this.#at(name)}/${key}`)]));
  }

  /** A list of `{ Key, Value }`, as most types have for `Tags`. */
  tags(name = 'Tags'): Record<string, string> {
    const tags = this.nestedList(name) ?? [];
    return Object.fromEntries(
      tags.map((tag) => {
        tag.only(['Key', 'Value']);
        return [tag.text('Key', { min: 1, max: 128 }), tag.text('Value', { max: 256 })];
      }),
    );
  }

  #get(name: string): Json | undefined {
    return Object.hasOwn(this.#source, name) ? this.#source[name] : undefined;
  }

  #required(name: string): Json {
    const value = this.#get(name);
    if (value === undefined) throw invalid(this.#path, `required key [${name}] not found`);
    return value;
  }

  #list(name: string): Json[] | undefined {
    const value = this.#get(name);
    if (value === undefined || Array.isArray(value)) return value;
    throw invalid(this.#at(name), 'expected type: JSONArray');
  }

  #at(name: string): string {
    return `${this.#path}/${name}`;
  }
}

function text(
  value: Json,
  path: string,
  { min = 0, max = Number.POSITIVE_INFINITY, pattern }: TextBounds = {},
): string {
  const string = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  if (typeof string !== 'string') throw invalid(path, 'expected type: String');
  if (string.length < min) throw invalid(path, `expected minLength: ${min}, actual: ${string.length}`);
  if (string.length > max) throw invalid(path, `expected maxLength: ${max}, actual: ${string.length}`);
  if (pattern && !pattern.test(string))
    throw invalid(path, `failed validation constraint for keyword [pattern]`);
  return string;
}

function object(value: Json, path: string): JsonObject {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value;
  throw invalid(path, 'expected type: JSONObject');
}

function invalid(path: string, what: string): AwsError {
  return new AwsError('InvalidRequest', `Model validation failed (${path}: ${what})`);
}
