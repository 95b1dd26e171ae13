import { join } from 'node:path';
import type { Identities } from '../auth/identities.ts';
import type { ResourceHandler } from '../resource.ts';
import { JsonFile } from '../state.ts';
import type { HttpHandler } from '../wire/http.ts';
import { iamApi } from './api.ts';
import { type Permissions, unrestricted } from './permissions.ts';
import { policyResource } from './policy-resource.ts';
import { roleResource } from './role-resource.ts';
import { Roles } from './roles.ts';
import { trustedServicesOf } from './trust.ts';

export interface IamOptions {
  readonly dataDir: string;
  readonly identities: Identities;
  readonly now: () => Date;
  readonly permissions?: Permissions;
}

export interface Iam {
  readonly handle: HttpHandler;
  readonly resources: readonly ResourceHandler[];
  /** Services that can assume a role; `undefined` if the role does not exist. */
  readonly trustedServices: (roleArn: string) => readonly string[] | undefined;
}

/**
 * The embedded IAM: roles for templates, and the simulation of what the caller is allowed to do. What a role permits is
 * kept, never evaluated: nothing here runs as a role.
 */
export function createIam({ dataDir, identities, now, permissions = unrestricted }: IamOptions): Iam {
  const roles = new Roles(new JsonFile(join(dataDir, 'roles.json')));
  return {
    handle: iamApi({ roles, identities, now, permissions }),
    resources: [roleResource(roles), policyResource(roles)],
    trustedServices: (roleArn) => {
      const role = roles.findByArn(roleArn);
      return role && trustedServicesOf(role.trust);
    },
  };
}
