import type { PoolIdentity } from '../../../edge/config.ts';
import { sameCommand } from '../../command-line.ts';
import type { StackOutputs } from '../find-stack.ts';
import { fetchKeySet, type KeySource } from './key-set.ts';

export interface PoolSource extends KeySource {
  /** Base URL of the pool's public documents, without a trailing slash. */
  readonly cognitoUrl: string;
}

/** A new pool's keys may be served a moment later than the pool exists. */
const TRIES = 6;

/** Returns the pool's ids and public keys; `undefined` before the pool exists. */
export async function poolIdentity(
  { userPoolId, clientId }: StackOutputs,
  source: PoolSource,
): Promise<PoolIdentity | undefined> {
  if (userPoolId === undefined || clientId === undefined) return undefined;
  const keys = await fetchKeySet(
    {
      url: `${source.cognitoUrl}/${userPoolId}/.well-known/jwks.json`,
      whose: 'the user pool',
      hint: ['What was created so far is kept. To continue:', sameCommand``],
      tries: TRIES,
    },
    source,
  );
  return { userPoolId, clientId, jwks: { keys } };
}
