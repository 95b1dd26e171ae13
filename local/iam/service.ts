import { join } from 'node:path';
import type { JsonObject } from '../json.ts';
import { JsonFile } from '../json-file.ts';
import type { Service, ServiceOptions } from '../service.ts';
import { requestDoor } from '../wire/door.ts';
import { queryProtocol } from '../wire/query-protocol.ts';
import { OPERATIONS } from './operations.ts';
import { unrestricted } from './permissions.ts';
import { policyResource } from './policy-resource.ts';
import { roleResource } from './role-resource.ts';
import { inlinePolicies, type Role, Roles } from './roles.ts';
import { trustedServicesOf } from './trust.ts';

export interface Iam extends Service {
  /** Finds a role that the account can assume. */
  readonly findRole: (roleArn: string) => Role | undefined;
  /** Returns the inline policies of a role; none if it does not exist. */
  readonly policiesOf: (roleName: string) => readonly JsonObject[];
  /** Returns the services that can assume a role; `undefined` if the role does not exist. */
  readonly trustedServices: (roleArn: string) => readonly string[] | undefined;
}

/**
 * The embedded IAM: roles, and the simulation of policies. The inline policies of an assumed role apply to each call of
 * its sessions.
 */
export function createIam(options: ServiceOptions): Iam {
  const roles = new Roles(new JsonFile(join(options.dataDir, 'roles.json')));
  const { permissions = unrestricted } = options;
  return {
    handle: requestDoor({
      ...options,
      service: 'iam',
      protocol: queryProtocol({ namespace: 'https://iam.amazonaws.com/doc/', version: '2010-05-08' }),
      operations: OPERATIONS,
      context: () => ({ roles, permissions, now: options.now }),
    }),
    resources: [roleResource(roles, options.now), policyResource(roles)],
    findRole: (roleArn) => roles.findByArn(roleArn),
    policiesOf(roleName) {
      const role = roles.find(roleName);
      return role === undefined ? [] : inlinePolicies(role);
    },
    trustedServices: (roleArn) => {
      const role = roles.findByArn(roleArn);
      return role && trustedServicesOf(role.trust);
    },
  };
}
