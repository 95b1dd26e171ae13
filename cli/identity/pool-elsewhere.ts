import { command } from '../command-line.ts';
import { UserError } from '../errors.ts';
import { findFailure } from '../network/failures.ts';
import { isOnThisComputer } from '../network/user-pool-client.ts';
import { awsErrorName } from './cognito-errors.ts';

/**
 * Returns the error for an edge on this computer whose user pool is not at AWS: its embedded cloud was started in another
 * home folder. `undefined` for other failures.
 * @param url address of the edge
 * @param endpoint Address to which the request for the pool was sent.
 */
export function poolElsewhere(cause: unknown, url: string, endpoint: string): UserError | undefined {
  if (!isOnThisComputer(url) || isOnThisComputer(endpoint)) return undefined;
  const isNotThere = findFailure(cause) !== undefined || awsErrorName(cause) === 'ResourceNotFoundException';
  if (!isNotThere) return undefined;
  return new UserError('unreachable', `The user pool of ${url} was not found at ${new URL(endpoint).host}.`, {
    hint: [
      'If the edge is in an embedded cloud, print the endpoint of the cloud where it was started:',
      command`edge-upload local status`,
      'Then name the endpoint here:',
      command`export AWS_ENDPOINT_URL=<endpoint>`,
    ],
    cause,
  });
}
