import { operationsOf } from '../wire/operations.ts';
import type { QueryMembers } from '../wire/query-protocol.ts';
import type { Permissions } from './permissions.ts';
import type { Roles } from './roles.ts';

/** The dependencies of operations. */
export interface IamContext {
  readonly roles: Roles;
  readonly permissions: Permissions;
}

export const operation = operationsOf<IamContext, QueryMembers>({ format: 'query', strict: true });
