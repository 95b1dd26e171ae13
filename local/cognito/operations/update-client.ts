import { required, structure } from '../../shape.ts';
import { clientId } from '../fields.ts';
import { operation } from '../operation.ts';
import { checkPermissions } from '../permissions.ts';
import { checkClient, checkTier, clientFields, clientRules } from '../resources/client-properties.ts';
import { describeClient } from './describe.ts';

const { GenerateSecret: _fixed, ...changeable } = clientFields;

/**
 * Replaces a client's settings: what is not named goes back to its default,
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserPoolClient.html
 */
export const updateUserPoolClient = operation(
  'UpdateUserPoolClient',
  'signed',
  structure({ ...changeable, ClientId: required(clientId) }, clientRules),
  ({ pools, now }, { ClientId, ...given }) => {
    const { pool, client } = pools.client(ClientId, pools.get(given.UserPoolId));
    const settings = checkClient({ ...given, GenerateSecret: client.settings.GenerateSecret });
    checkTier(settings, pool.record.settings.UserPoolTier);
    checkPermissions(settings, pool.schema);
    const changed = {
      ...client,
      name: settings.ClientName ?? client.name,
      modified: now().toISOString(),
      settings,
    };
    pool.clients.put(ClientId, changed);
    return { UserPoolClient: describeClient(changed) };
  },
);
