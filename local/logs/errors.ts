import { AwsError } from '../wire/errors.ts';

/** The CloudWatch Logs API's errors; all are HTTP 400. */
export const invalid = (message: string) => new AwsError('InvalidParameterException', message);

export const invalidToken = () => invalid('The specified nextToken is invalid.');

export const noSuch = (what: 'group' | 'stream') =>
  new AwsError('ResourceNotFoundException', `The specified log ${what} does not exist.`);

export const groupExists = () =>
  new AwsError('ResourceAlreadyExistsException', 'The specified log group already exists');
