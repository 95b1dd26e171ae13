import type { Json, JsonObject } from '../json.ts';
import { AwsError } from '../wire/errors.ts';

export function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}

/** Refuses what is not understood by name, so that nothing is quietly left out of an answer. */
export function only(operation: string, body: JsonObject, known: readonly string[]): void {
  const unknown = Object.keys(body).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw invalid(`${operation} with ${unknown.join(', ')} is not done by the embedded cloud`);
  }
}

export function text(body: JsonObject, name: string): string {
  const value = optionalText(body, name);
  if (value !== undefined) return value;
  throw invalid(
    `1 validation error detected: Value null at '${name}' failed to satisfy constraint: Member must not be null`,
  );
}

export function optionalText(body: JsonObject, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && value !== '') return value;
  throw invalid(
    `1 validation error detected: Value at '${name}' failed to satisfy constraint: Member must have length greater than or equal to 1`,
  );
}

export function texts(body: JsonObject, name: string): readonly string[] | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  const isText = (item: Json): item is string => typeof item === 'string';
  if (Array.isArray(value) && value.every(isText)) return value;
  throw invalid(`${name} must be a list of strings`);
}

export function flag(body: JsonObject, name: string): boolean {
  const value = body[name] ?? false;
  if (typeof value === 'boolean') return value;
  throw invalid(`${name} must be true or false`);
}

/** A point in time, milliseconds. */
export function time(body: JsonObject, name: string, otherwise: number): number {
  const value = body[name];
  if (value === undefined || value === null) return otherwise;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw invalid(`${name} must be a non-negative integer`);
}

/** How many a page may have, in the words of AWS's request validation where it is out of bounds. */
export function limit(body: JsonObject, most: number): number {
  const value = time(body, 'limit', most);
  if (value >= 1 && value <= most) return value;
  const bound = value < 1 ? 'greater than or equal to 1' : `less than or equal to ${most}`;
  throw invalid(
    `1 validation error detected: Value '${value}' at 'limit' failed to satisfy constraint: Member must have value ${bound}`,
  );
}
