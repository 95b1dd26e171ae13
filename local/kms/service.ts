import { join } from 'node:path';
import { neverThrottled } from '../faults/throttling.ts';
import { unrestricted } from '../iam/permissions.ts';
import type { Service, ServiceOptions } from '../service.ts';
import { requestDoor } from '../wire/door.ts';
import { jsonProtocol } from '../wire/json-protocol.ts';
import { keyResource } from './key-resource.ts';
import * as keys from './keys.ts';
import type { Operation } from './operation.ts';
import * as signing from './signing.ts';
import { KeyStore } from './store.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Operations.html */
const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ['CancelKeyDeletion', keys.cancelKeyDeletion],
  ['CreateKey', keys.createKey],
  ['DescribeKey', keys.describeKey],
  ['DisableKey', keys.disableKey],
  ['EnableKey', keys.enableKey],
  ['GetKeyPolicy', keys.getKeyPolicy],
  ['GetPublicKey', signing.getPublicKey],
  ['ListKeyPolicies', keys.listKeyPolicies],
  ['ListKeys', keys.listKeys],
  ['ListResourceTags', keys.listResourceTags],
  ['PutKeyPolicy', keys.putKeyPolicy],
  ['ScheduleKeyDeletion', keys.scheduleKeyDeletion],
  ['Sign', signing.sign],
  ['Verify', signing.verify],
]);

const KEYLESS: ReadonlySet<string> = new Set(['CreateKey', 'ListKeys']);

/** Creates AWS KMS, with Ed25519 keys that sign. */
export function createKms({
  dataDir,
  identities,
  now,
  permissions = unrestricted,
  throttle = neverThrottled,
}: ServiceOptions): Service {
  const store = new KeyStore(join(dataDir, 'keys'), now);
  const kms = { keys: store, permissions };
  return {
    resources: [keyResource(kms)],
    handle: requestDoor({
      service: 'kms',
      protocol: jsonProtocol('TrentService'),
      identities,
      now,
      permissions,
      throttle,
      find(name) {
        const operation = OPERATIONS.get(name);
        // Operations on a key check IAM themselves, because conditions are about the key.
        const access = KEYLESS.has(name) ? {} : ({ access: 'signed' } as const);
        return operation && { ...access, run: ({ input }) => operation(kms, input) };
      },
    }),
  };
}
