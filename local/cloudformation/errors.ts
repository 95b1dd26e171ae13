import { AwsError } from '../wire/errors.ts';

/** The error of CloudFormation for invalid input. */
export function validationError(message: string): AwsError {
  return new AwsError('ValidationError', message);
}

/** An error in the structure of a template. */
export function formatError(message: string): AwsError {
  return validationError(`Template format error: ${message}`);
}

/** An error in the use of an intrinsic function. */
export function functionError(message: string): AwsError {
  return validationError(`Template error: ${message}`);
}

/** Names that are not defined, in the block (`Resources`, `Outputs`) that uses them. */
export function unresolvedError(names: Iterable<string>, block: string): AwsError {
  return formatError(
    `Unresolved resource dependencies [${[...names].join(', ')}] in the ${block} block of the template`,
  );
}
