import { arnOf } from '../account.ts';
import { integer, oneOf, text } from '../shape.ts';
import { AwsError } from '../wire/errors.ts';
import { operationsOf } from '../wire/operations.ts';
import type { LogStore } from './store.ts';

/** Errors of the CloudWatch Logs API, all HTTP 400. */
export const invalid = (message: string) => new AwsError('InvalidParameterException', message);

export const invalidToken = () => invalid('The specified nextToken is invalid.');

export const noSuch = (what: 'group' | 'stream') =>
  new AwsError('ResourceNotFoundException', `The specified log ${what} does not exist.`);

export const groupExists = () =>
  new AwsError('ResourceAlreadyExistsException', 'The specified log group already exists');

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html */
export const groupName = text({ min: 1, max: 512, pattern: /[.\-_/#A-Za-z0-9]+/ });

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
export const retentionDays = oneOf([
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]);

export const streamName = text({ min: 1, max: 512, pattern: /[^:*]*/ });

export const pageToken = text({ min: 1 });
/** Milliseconds since the epoch. */
export const time = integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
/** The size of a page. */
export const limit = (max: number) => integer({ min: 1, max });

export const operation = operationsOf<LogStore, object>({ format: 'json' });

/** Returns the ARN of a group. With `:*` at its end, it is the ARN of the group's streams. */
export function groupArn(name: string): string {
  return arnOf('logs', `log-group:${name}`);
}
