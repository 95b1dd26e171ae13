import { omitUndefined } from '../../../protocol/fields.ts';
import { actualSettings, type ResourceHandler, type ResourceState } from '../../resource.ts';
import { LOWER_CASE_AND_DIGITS, randomText } from '../../secrets.ts';
import { checkPermissions } from '../permissions.ts';
import type { ClientRecord } from '../store/model.ts';
import type { UserPool } from '../store/pool.ts';
import type { Pools } from '../store/pools.ts';
import { CLIENT_TYPE, type ClientSettings, checkTier, readClientProperties } from './client-properties.ts';
import { checkFederation } from './federation.ts';
import { clientIdFor, generatedName } from './ids.ts';

const SECRET_LENGTH = 51;

const stateOf = ({ id, name, secret }: ClientRecord): ResourceState => ({
  physicalId: id,
  attributes: { ClientId: id, Name: name, ...omitUndefined({ ClientSecret: secret }) },
});

/** Checks a client's settings against its pool. */
function checkWithin(pool: UserPool, settings: ClientSettings): void {
  checkTier(settings, pool.record.settings.UserPoolTier);
  checkPermissions(settings, pool.schema);
  checkFederation(pool, settings);
}

/** Replaces a client's settings. The name stays if the new settings have none. */
export function replaceSettings(
  { pool, client }: { readonly pool: UserPool; readonly client: ClientRecord },
  settings: ClientSettings,
  now: Date,
): ClientRecord {
  checkWithin(pool, settings);
  const name = settings.ClientName ?? client.name;
  const changed = { ...client, name, modified: now.toISOString(), settings };
  pool.clients.put(client.id, changed);
  return changed;
}

/** `AWS::Cognito::UserPoolClient`, https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cognito-userpoolclient.html */
export function userPoolClientResource(pools: Pools, now: () => Date): ResourceHandler {
  return {
    type: CLIENT_TYPE,
    replaceOn: ['GenerateSecret', 'UserPoolId'],
    async create(request) {
      const settings = readClientProperties(request.properties);
      const pool = pools.get(settings.UserPoolId);
      checkWithin(pool, settings);
      const id = clientIdFor(request);
      const created = now().toISOString();
      const client = pool.clients.get(id) ?? {
        id,
        poolId: pool.id,
        name: settings.ClientName ?? generatedName(request),
        created,
        modified: created,
        ...(settings.GenerateSecret ? { secret: randomText(LOWER_CASE_AND_DIGITS, SECRET_LENGTH) } : {}),
        settings,
      };
      pool.clients.put(id, client);
      return stateOf(client);
    },
    async update({ physicalId, properties }) {
      const settings = readClientProperties(properties);
      const owned = pools.client(physicalId, pools.get(settings.UserPoolId));
      return stateOf(replaceSettings(owned, settings, now()));
    },
    actual(physicalId, properties) {
      const settings = readClientProperties(properties);
      const client = pools.find(settings.UserPoolId)?.clients.get(physicalId);
      return client && actualSettings(properties, settings, client.settings);
    },
    async delete(physicalId) {
      for (const pool of pools.all()) {
        if (pool.clients.get(physicalId)) pool.clients.remove(physicalId);
      }
    },
  };
}
