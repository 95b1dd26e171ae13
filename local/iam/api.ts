import { requestDoor } from '../wire/door.ts';
import type { HttpHandler } from '../wire/http.ts';
import { queryProtocol } from '../wire/query-protocol.ts';
import type { IamApiOptions, Operation } from './operation.ts';
import * as roles from './role-operations.ts';
import { simulatePrincipalPolicy } from './simulation.ts';

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
export function iamApi(options: IamApiOptions): HttpHandler {
  return requestDoor({
    service: 'iam',
    protocol: queryProtocol({ namespace: 'https://iam.amazonaws.com/doc/', version: '2010-05-08' }),
    identities: options.identities,
    now: options.now,
    permissions: options.permissions,
    find(name) {
      const found = OPERATIONS.get(name);
      return found && { run: ({ input }) => found(input, options) };
    },
  });
}
