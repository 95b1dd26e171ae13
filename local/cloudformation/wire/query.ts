import type { Json, JsonObject } from '../../json.ts';
import { AwsError } from '../../wire/errors.ts';
import { own } from '../stack/model.ts';

/** An absent parameter and an empty one are the same to AWS. */
export function optionalText(query: JsonObject, name: string): string | undefined {
  const value = own(query, name);
  if (value === undefined || typeof value === 'string') return value || undefined;
  throw malformed(`${name} must be a string`);
}

/** A parameter that AWS validates as required, refused in AWS's words where it is missing. */
export function requiredText(query: JsonObject, name: string): string {
  const value = optionalText(query, name);
  if (value === undefined) throw constraint('null', name, 'Member must not be null');
  return value;
}

/** One of a closed set of words. */
export function choice<T extends string>(
  query: JsonObject,
  name: string,
  allowed: readonly T[],
): T | undefined {
  const value = optionalText(query, name);
  const found = allowed.find((one) => one === value);
  if (value === undefined || found !== undefined) return found;
  throw constraint(`'${value}'`, name, `Member must satisfy enum value set: [${allowed.join(', ')}]`);
}

export function flag(query: JsonObject, name: string): boolean {
  const value = optionalText(query, name);
  if (value === undefined || /^(true|false)$/i.test(value)) return value?.toLowerCase() === 'true';
  throw malformed(`${name} must be true or false`);
}

export function texts(query: JsonObject, name: string): string[] {
  return items(query, name).map((item) => {
    if (typeof item === 'string') return item;
    throw malformed(`${name} must be a list of strings`);
  });
}

export function objects(query: JsonObject, name: string): JsonObject[] {
  return items(query, name).map((item) => {
    if (item !== null && typeof item === 'object' && !Array.isArray(item)) return item;
    throw malformed(`${name} must be a list of structures`);
  });
}

/** An empty list is sent as an empty string. */
function items(query: JsonObject, name: string): Json[] {
  const value = own(query, name);
  if (value === undefined || value === '') return [];
  if (Array.isArray(value)) return value;
  throw malformed(`${name} must be a list`);
}

/** A value outside what the API's model allows, in the words of AWS's request validation. */
export function constraint(value: string, parameter: string, rule: string): AwsError {
  const member = parameter.charAt(0).toLowerCase() + parameter.slice(1);
  return new AwsError(
    'ValidationError',
    `1 validation error detected: Value ${value} at '${member}' failed to satisfy constraint: ${rule}`,
  );
}

function malformed(message: string): AwsError {
  return new AwsError('MalformedInput', message);
}
