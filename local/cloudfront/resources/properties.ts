import type { Json, JsonObject } from '../../json.ts';
import { AwsError } from '../../wire/errors.ts';

/**
 * Reading a CloudFormation resource's properties: each reader refuses by name what CloudFront would refuse, and what
 * the embedded CloudFront does not do. `where` is the path that messages name, such as `#/DistributionConfig`.
 */

/** A property that does not exist is CloudFormation's refusal; one that exists but isn't done here is ours. */
export function checkProperties(
  properties: JsonObject,
  where: string,
  names: { readonly done: readonly string[]; readonly notDone?: readonly string[] },
): void {
  for (const name of Object.keys(properties)) {
    if (names.done.includes(name)) continue;
    throw names.notDone?.includes(name)
      ? notDone(`${where}/${name}`)
      : invalid(`Properties validation failed: ${where}: extraneous key [${name}] is not permitted`);
  }
}

/** CloudFormation's own code for a request that a service turned down. */
export function invalid(message: string): AwsError {
  return new AwsError('InvalidRequest', message);
}

/** CloudFront's `InvalidArgument`. */
export function invalidArgument(message: string): AwsError {
  return new AwsError('InvalidArgument', message);
}

/** Known to AWS and not to the embedded CloudFront: an error, never a nod. */
export function notDone(what: string): AwsError {
  return invalid(`The embedded CloudFront does not support ${what}`);
}

export function requiredObject(value: Json | undefined, where: string): JsonObject {
  const object = optionalObject(value, where);
  if (object === undefined) throw invalid(`Properties validation failed: ${where}: required key not found`);
  return object;
}

export function optionalObject(value: Json | undefined, where: string): JsonObject | undefined {
  if (value === undefined) return undefined;
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw wrongType(where, 'an object');
  return value;
}

/** An absent list is an empty one. */
export function objects(value: Json | undefined, where: string): JsonObject[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw wrongType(where, 'a list');
  return value.map((item, index) => requiredObject(item, `${where}/${index}`));
}

export function strings(value: Json | undefined, where: string): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw wrongType(where, 'a list');
  return value.map((item, index) => requiredString(item, `${where}/${index}`));
}

export function requiredString(value: Json | undefined, where: string): string {
  const text = optionalString(value, where);
  if (text === undefined || text === '') {
    throw invalid(`Properties validation failed: ${where}: required key not found`);
  }
  return text;
}

export function optionalString(value: Json | undefined, where: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw wrongType(where, 'a string');
}

export function oneOf<T extends string>(value: Json | undefined, allowed: readonly T[], where: string): T {
  const found = allowed.find((choice) => choice === value);
  if (found === undefined) {
    throw invalid(
      `Properties validation failed: ${where}: ${JSON.stringify(value)} is not a valid enum value`,
    );
  }
  return found;
}

/** Templates may write `true` as a string, as CloudFormation allows. */
export function boolean(value: Json | undefined, otherwise: boolean, where: string): boolean {
  if (value === undefined) return otherwise;
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw wrongType(where, 'a boolean');
}

/** Within bounds, both included. Templates may write numbers as strings. */
export function integer(
  value: Json | undefined,
  bounds: { readonly min: number; readonly max: number; readonly otherwise: number },
  where: string,
): number {
  if (value === undefined) return bounds.otherwise;
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number)) throw wrongType(where, 'an integer');
  if (number < bounds.min || number > bounds.max) {
    throw invalidArgument(`${where} must be from ${bounds.min} to ${bounds.max}, not ${number}`);
  }
  return number;
}

function wrongType(where: string, expected: string): AwsError {
  return invalid(`Properties validation failed: ${where}: expected ${expected}`);
}
