import { AwsError } from '../../wire/errors.ts';

/** What S3 answers to a policy that it does not take. */
export function malformedPolicy(message: string): AwsError {
  return new AwsError('MalformedPolicy', message);
}
