import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { actualSettings, type ResourceHandler, type ResourceState } from '../../resource.ts';
import { providerName } from '../discovery.ts';
import { invalidParameter } from '../errors.ts';
import type { UserPool } from '../store/pool.ts';
import type { Pools } from '../store/pools.ts';
import { generatedName, poolArn, poolIdFor } from './ids.ts';
import { POOL_TYPE, type PoolSettings } from './pool-properties.ts';
import { readPoolProperties } from './pool-rules.ts';

const stateOf = ({ id }: UserPool): ResourceState => ({
  physicalId: id,
  attributes: {
    Arn: poolArn(id),
    ProviderName: providerName(id),
    ProviderURL: `https://${providerName(id)}`,
    UserPoolId: id,
  },
});

/** Settings that cannot be changed. CloudFormation refuses the update instead of replacing the pool. */
const FIXED = ['AliasAttributes', 'UsernameAttributes', 'UsernameConfiguration'] as const;

function checkUpdate(before: PoolSettings, after: PoolSettings): void {
  for (const name of FIXED) {
    if (!isDeepStrictEqual(before[name], after[name])) {
      throw invalidParameter(`Updates are not allowed for property - ${name}.`);
    }
  }
  const kept = after.Schema ?? [];
  for (const attribute of before.Schema ?? []) {
    if (!kept.some((one) => isDeepStrictEqual(one, attribute))) {
      throw invalidParameter('Existing schema attributes cannot be modified or deleted.');
    }
  }
}

/** `AWS::Cognito::UserPool` */
export function userPoolResource(pools: Pools, now: () => Date): ResourceHandler {
  return {
    type: POOL_TYPE,
    replaceOn: [],
    async create(request) {
      const settings = readPoolProperties(request.properties);
      const created = now().toISOString();
      const pool = await pools.create({
        id: poolIdFor(request),
        name: settings.UserPoolName ?? generatedName(request),
        created,
        modified: created,
        settings,
        pepper: randomBytes(32).toString('hex'),
      });
      return stateOf(pool);
    },
    async update({ physicalId, properties, previous }) {
      const pool = pools.get(physicalId);
      const settings = readPoolProperties(properties);
      checkUpdate(readPoolProperties(previous), settings);
      pool.record = {
        ...pool.record,
        name: settings.UserPoolName ?? pool.record.name,
        modified: now().toISOString(),
        settings,
      };
      return stateOf(pool);
    },
    actual(physicalId, properties) {
      const pool = pools.find(physicalId);
      return pool && actualSettings(properties, readPoolProperties(properties), pool.record.settings);
    },
    async delete(physicalId) {
      pools.remove(physicalId);
    },
  };
}
