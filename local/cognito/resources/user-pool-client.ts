import { randomInt } from 'node:crypto';
import { omitUndefined } from '../../../protocol/omit-undefined.ts';
import type { ResourceHandler, ResourceState } from '../../resource.ts';
import { checkPermissions } from '../permissions.ts';
import type { ClientRecord } from '../store/model.ts';
import type { Pools } from '../store/pools.ts';
import { CLIENT_TYPE, checkTier, readClientProperties } from './client-properties.ts';
import { clientIdFor, generatedName } from './ids.ts';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';
const SECRET_LENGTH = 51;

const newSecret = () =>
  Array.from({ length: SECRET_LENGTH }, () => LETTERS.charAt(randomInt(LETTERS.length))).join('');

const stateOf = ({ id, name, secret }: ClientRecord): ResourceState => ({
  physicalId: id,
  attributes: { ClientId: id, Name: name, ...omitUndefined({ ClientSecret: secret }) },
});

/** `AWS::Cognito::UserPoolClient`, https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cognito-userpoolclient.html */
export function userPoolClientResource(pools: Pools, now: () => Date): ResourceHandler {
  return {
    type: CLIENT_TYPE,
    replaceOn: ['GenerateSecret', 'UserPoolId'],
    async create(request) {
      const settings = readClientProperties(request.properties);
      const pool = pools.get(settings.UserPoolId);
      checkTier(settings, pool.record.settings.UserPoolTier);
      checkPermissions(settings, pool.schema);
      const id = clientIdFor(request);
      const created = now().toISOString();
      const client = pool.clients.get(id) ?? {
        id,
        poolId: pool.id,
        name: settings.ClientName ?? generatedName(request),
        created,
        modified: created,
        ...(settings.GenerateSecret ? { secret: newSecret() } : {}),
        settings,
      };
      pool.clients.put(id, client);
      return stateOf(client);
    },
    async update({ physicalId, properties }) {
      const settings = readClientProperties(properties);
      const { pool, client } = pools.client(physicalId, pools.get(settings.UserPoolId));
      checkTier(settings, pool.record.settings.UserPoolTier);
      checkPermissions(settings, pool.schema);
      const changed = {
        ...client,
        name: settings.ClientName ?? client.name,
        modified: now().toISOString(),
        settings,
      };
      pool.clients.put(physicalId, changed);
      return stateOf(changed);
    },
    async delete(physicalId) {
      for (const pool of pools.all()) {
        if (pool.clients.get(physicalId)) pool.clients.remove(physicalId);
      }
    },
  };
}
