import { AwsError } from '../../wire/errors.ts';

/** A template that is not formed as templates are. */
export function formatError(message: string): AwsError {
  return new AwsError('ValidationError', `Template format error: ${message}`);
}

/** A function of a template that is not used as it has to be. */
export function functionError(message: string): AwsError {
  return new AwsError('ValidationError', `Template error: ${message}`);
}

/** Names that stand for nothing, in the block (`Resources`, `Outputs`) that uses them. */
export function unresolvedError(names: Iterable<string>, block: string): AwsError {
  return formatError(
    `Unresolved resource dependencies [${[...names].join(', ')}] in the ${block} block of the template`,
  );
}
