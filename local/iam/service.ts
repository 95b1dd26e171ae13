import { join } from 'node:path';
import { neverThrottled } from '../faults/throttling.ts';
import type { JsonObject } from '../json.ts';
import { JsonFile } from '../json-file.ts';
import type { Service, ServiceOptions } from '../service.ts';
import { requestDoor } from '../wire/door.ts';
import type { HttpHandler } from '../wire/http.ts';
import { queryProtocol } from '../wire/query-protocol.ts';
import type { IamApiOptions, Operation } from './operation.ts';
import { unrestricted } from './permissions.ts';
import { policyResource } from './policy-resource.ts';
import * as roles from './role-operations.ts';
import { roleResource } from './role-resource.ts';
import { inlinePolicies, type Role, Roles } from './roles.ts';
import { simulatePrincipalPolicy } from './simulation.ts';
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
export function createIam({
  dataDir,
  identities,
  now,
  permissions = unrestricted,
  throttle = neverThrottled,
}: ServiceOptions): Iam {
  const roles = new Roles(new JsonFile(join(dataDir, 'roles.json')));
  return {
    handle: iamApi({ roles, identities, now, permissions, throttle }),
    resources: [roleResource(roles), policyResource(roles)],
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

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html */
const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ['CreateRole', roles.createRole],
  ['DeleteRole', roles.deleteRole],
  ['DeleteRolePolicy', roles.deleteRolePolicy],
  ['GetRole', roles.getRole],
  ['ListRoles', roles.listRoles],
  ['PutRolePolicy', roles.putRolePolicy],
  ['SimulatePrincipalPolicy', simulatePrincipalPolicy],
]);

/** The IAM API, limited to the operations with which an operator's tools check permissions. */
function iamApi(options: IamApiOptions): HttpHandler {
  return requestDoor({
    service: 'iam',
    protocol: queryProtocol({ namespace: 'https://iam.amazonaws.com/doc/', version: '2010-05-08' }),
    identities: options.identities,
    now: options.now,
    permissions: options.permissions,
    throttle: options.throttle,
    find(name) {
      const found = OPERATIONS.get(name);
      return found && { run: ({ input }) => found(input, options) };
    },
  });
}
