export type Json = null | boolean | number | string | Json[] | JsonObject;

export interface JsonObject {
  [name: string]: Json;
}

/** Parses text that must be a JSON object. @throws the error that `refusal` returns for any other text */
export function parseObject(text: string, refusal: (why: 'not JSON' | 'not an object') => Error): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refusal('not JSON');
  }
  if (!isObject(value)) throw refusal('not an object');
  return value;
}

/** Returns an object as JSON, without members that are `undefined` at any depth. */
export function asJson(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}

/** Whether a parsed JSON value is an object, and not a list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns a member of a record by a name from a request or a template. Inherited members do not count. */
export function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
