import { AwsError } from '../wire/errors.ts';

/** The error of CloudFormation for invalid input. */
export const validationError = (message: string) => new AwsError('ValidationError', message);

/** An error in the structure of a template. */
export const formatError = (message: string) => validationError(`Template format error: ${message}`);

/** An error in the use of an intrinsic function. */
export const functionError = (message: string) => validationError(`Template error: ${message}`);

/** Names that are not defined, in the block (`Resources`, `Outputs`) that uses them. */
export const unresolvedError = (names: Iterable<string>, block: string) =>
  formatError(
    `Unresolved resource dependencies [${[...names].join(', ')}] in the ${block} block of the template`,
  );
