import { isDeepStrictEqual } from 'node:util';
import type { Json } from '../../json.ts';
import { changed, integer, list, type Shape, structure, text, withDefault } from '../../shape.ts';
import { AwsError } from '../../wire/errors.ts';

export const name: Shape<string> = text({ min: 1 });

/** CloudFront's error for a value that the resource's model allows. */
export const invalidArgument = (message: string) => new AwsError('InvalidArgument', message);

/** A property that is supported only with these values, which have no effect. */
export function inert(...values: readonly Json[]): Shape<undefined> {
  return (value, place) =>
    values.some((one) => isDeepStrictEqual(one, value)) ? undefined : place.notSupported();
}

/** A flag that can only be off. */
export const off: Shape<undefined> = inert(false, 'false');

/** An integer with CloudFront's bounds, both inclusive, which differ from the model's. */
export function within(min: number, max: number): Shape<number> {
  const any = integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
  return changed(any, (value, place) => {
    if (value >= min && value <= max) return value;
    throw invalidArgument(`${place} must be from ${min} to ${max}, not ${value}`);
  });
}

/**
 * A list with a quota, and CloudFront's error for a longer one.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
 */
export function upTo<T>(
  max: number,
  some: Shape<readonly T[]>,
  code: string,
  message: string,
): Shape<readonly T[]> {
  return changed(some, (given) => {
    if (given.length <= max) return given;
    throw new AwsError(code, message);
  });
}

/** The list in `{ "Items": […] }`. */
export function items<T>(item: Shape<T>): Shape<readonly T[]> {
  return changed(structure({ Items: withDefault(list(item), []) }), ({ Items }) => Items);
}
