import type { Context } from '../context.ts';
import type { Target } from '../settings/target.ts';
import { discover } from './discovery.ts';
import type { PoolAddress } from './user-pool.ts';

/** The pool of an edge: as this computer remembers it, else as the edge says. */
export async function poolAddressOf(context: Context, { url, deployment }: Target): Promise<PoolAddress> {
  const { region, userPoolId, clientId } = deployment ?? (await discover(context, { url }));
  return { region, userPoolId, clientId, ...(deployment?.local && { local: deployment.local }) };
}
