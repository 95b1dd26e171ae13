import { createHash } from 'node:crypto';
import { arnOf, REGION } from '../../account.ts';
import type { CreateRequest } from '../../resource.ts';
import { LOWER_CASE_AND_DIGITS } from '../../secrets.ts';

const ALL = `${LOWER_CASE_AND_DIGITS}ABCDEFGHIJKLMNOPQRSTUVWXYZ`;

/** Returns the same letters for the same create request, so that a request repeated after a crash has the same id. */
function derive(
  { stackName, logicalId, suffix }: CreateRequest,
  kind: string,
  letters: string,
  length: number,
) {
  const seed = createHash('sha512').update([kind, stackName, logicalId, suffix].join('\n')).digest();
  return Array.from(seed.subarray(0, length), (byte) => letters.charAt(byte % letters.length)).join('');
}

/** Such as `us-east-1_aB3dE5gH7`. */
export const poolIdFor = (request: CreateRequest) => `${REGION}_${derive(request, 'pool', ALL, 9)}`;

/** 26 of [a-z0-9]. */
export const clientIdFor = (request: CreateRequest) => derive(request, 'client', LOWER_CASE_AND_DIGITS, 26);

/** Returns the name of a resource whose template gives none: the logical id and part of the suffix. */
export const generatedName = ({ logicalId, suffix }: CreateRequest) =>
  `${logicalId.slice(0, 100)}-${suffix.slice(0, 12)}`;

export const poolArn = (poolId: string) => arnOf('cognito-idp', `userpool/${poolId}`);
