import type { Context } from '../context.ts';
import { cognitoFailure } from './cognito-errors.ts';
import { openUserPool, type PoolAddress, type UserPool } from './user-pool.ts';

/** Runs work on a pool and closes it; what Cognito refuses comes out as a user's error that names `doing`. */
export async function withUserPool<T>(
  context: Context,
  address: PoolAddress,
  doing: string,
  work: (pool: UserPool) => Promise<T>,
): Promise<T> {
  const pool = await openUserPool(context, address);
  try {
    return await work(pool);
  } catch (error) {
    throw cognitoFailure(error, doing, pool.host);
  } finally {
    pool.close();
  }
}
