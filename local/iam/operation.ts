import type { Identities } from '../auth/identities.ts';
import type { Throttle } from '../faults/throttling.ts';
import type { JsonObject } from '../json.ts';
import { readInput, type Shape } from '../shape.ts';
import type { QueryMembers } from '../wire/query-protocol.ts';
import type { Permissions } from './permissions.ts';
import type { Roles } from './roles.ts';

/** The dependencies of operations. */
export interface IamApiOptions {
  readonly roles: Roles;
  readonly identities: Identities;
  readonly now: () => Date;
  readonly throttle: Throttle;
  readonly permissions: Permissions;
}

export type Operation = (input: JsonObject, options: IamApiOptions) => QueryMembers;

export function operation<T>(
  shape: Shape<T>,
  run: (input: T, options: IamApiOptions) => QueryMembers,
): Operation {
  return (input, options) => run(readInput(shape, input, 'query'), options);
}
