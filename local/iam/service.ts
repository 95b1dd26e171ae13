import { join } from 'node:path';
import type { ResourceHandler } from '../resource.ts';
import { JsonFile } from '../state.ts';
import { policyResource } from './policy-resource.ts';
import { roleResource } from './role-resource.ts';
import { Roles } from './roles.ts';
import { trustedServicesOf } from './trust.ts';

export interface Iam {
  readonly resources: readonly ResourceHandler[];
  /** Services that may assume the role; `undefined` for no such role. */
  readonly trustedServices: (roleArn: string) => readonly string[] | undefined;
}

/** The embedded IAM: roles for templates. What a role permits is kept, never evaluated: nothing here runs as a role. */
export function createIam({ dataDir }: { dataDir: string }): Iam {
  const roles = new Roles(new JsonFile(join(dataDir, 'roles.json')));
  return {
    resources: [roleResource(roles), policyResource(roles)],
    trustedServices: (roleArn) => {
      const role = roles.findByArn(roleArn);
      return role && trustedServicesOf(role.trust);
    },
  };
}
