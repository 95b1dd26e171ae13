import { join } from 'node:path';
import { unrestricted } from '../iam/permissions.ts';
import type { Service, ServiceOptions } from '../service.ts';
import { requestDoor } from '../wire/door.ts';
import { jsonProtocol } from '../wire/json-protocol.ts';
import { keyResource } from './key-resource.ts';
import { keys } from './keys.ts';
import { signing } from './signing.ts';
import { KeyStore } from './store.ts';

/** Creates AWS KMS, with Ed25519 keys that sign. */
export function createKms(options: ServiceOptions): Service {
  const { dataDir, now, permissions = unrestricted } = options;
  const kms = { keys: new KeyStore(join(dataDir, 'keys'), now), permissions };
  return {
    resources: [keyResource(kms)],
    handle: requestDoor({
      ...options,
      service: 'kms',
      protocol: jsonProtocol('TrentService'),
      operations: { ...keys, ...signing },
      context: () => kms,
    }),
  };
}
