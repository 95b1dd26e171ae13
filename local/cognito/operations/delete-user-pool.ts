import { required, structure } from '../../shape.ts';
import { invalidParameter } from '../errors.ts';
import { poolId } from '../fields.ts';
import { operation } from '../operation.ts';

/** https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeleteUserPool.html */
export const deleteUserPool = operation(
  'DeleteUserPool',
  'signed',
  structure({ UserPoolId: required(poolId) }),
  ({ pools }, { UserPoolId }) => {
    const pool = pools.get(UserPoolId);
    if (pool.record.settings.DeletionProtection === 'ACTIVE') {
      throw invalidParameter(
        'The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first.',
      );
    }
    pools.remove(UserPoolId);
    return {};
  },
);
