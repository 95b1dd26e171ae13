import { randomBytes } from 'node:crypto';
import { type JsonObject, own, parseObject } from '../json.ts';
import { integer, list, required, structure, text, withDefault } from '../shape.ts';
import { AwsError } from '../wire/errors.ts';
import type { QueryMembers } from '../wire/query-protocol.ts';
import { readEvaluatedPolicy } from './identity-policy.ts';
import { operation } from './operation.ts';
import {
  checkInlineSize,
  hasPolicies,
  inlinePolicies,
  policyName,
  type Role,
  roleName,
  rolePath,
} from './roles.ts';
import { malformed } from './statement.ts';
import { checkTrustPolicy } from './trust.ts';

function parsed(policy: string): JsonObject {
  return parseObject(policy, () => malformed('Syntax errors in policy.'));
}

function describe({ name, arn, id, trust, tags = {} }: Role): QueryMembers {
  return {
    Path: arn.slice(arn.indexOf('/'), -name.length),
    RoleName: name,
    RoleId: id,
    Arn: arn,
    AssumeRolePolicyDocument: encodeURIComponent(JSON.stringify(trust)),
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  };
}

export const roleOperations = {
  /** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html */
  GetRole: operation({ RoleName: required(text({ min: 1 })) }, ({ roles }, { RoleName }) => ({
    Role: describe(roles.get(RoleName)),
  })),
  /** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
  CreateRole: operation(
    {
      RoleName: required(roleName),
      Path: rolePath,
      AssumeRolePolicyDocument: required(text({ min: 1 })),
      Description: text({ max: 1000 }),
      MaxSessionDuration: integer({ min: 3600, max: 43_200 }),
      Tags: withDefault(list(structure({ Key: required(text({ min: 1 })), Value: required(text()) })), []),
    },
    ({ roles }, { RoleName: name, Path: path, AssumeRolePolicyDocument, Tags }) => {
      const trust = parsed(AssumeRolePolicyDocument);
      checkTrustPolicy(trust);
      const role = roles.create({
        name,
        path,
        id: `AROA${randomBytes(9).toString('hex').toUpperCase().slice(0, 17)}`,
        creator: 'CreateRole',
        trust,
        policies: {},
        tags: Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])),
      });
      return { Role: describe(role) };
    },
  ),
  /** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html All roles are on one page. */
  ListRoles: operation({ PathPrefix: withDefault(text(), '/') }, ({ roles }, { PathPrefix }) => ({
    IsTruncated: false,
    // AWS's lists also omit tags.
    Roles: roles
      .all()
      .map((role) => describe({ ...role, tags: {} }))
      .filter(({ Path }) => String(Path).startsWith(PathPrefix)),
  })),
  /** https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html */
  PutRolePolicy: operation(
    {
      RoleName: required(roleName),
      PolicyName: required(policyName),
      PolicyDocument: required(text({ min: 1 })),
    },
    ({ roles }, { RoleName, PolicyName, PolicyDocument }) => {
      const role = roles.get(RoleName);
      const document = parsed(PolicyDocument);
      readEvaluatedPolicy(document);
      const policies = { ...role.policies, [PolicyName]: document };
      checkInlineSize(inlinePolicies({ ...role, policies }), RoleName);
      roles.save({ ...role, policies });
    },
  ),
  /** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePolicy.html */
  DeleteRolePolicy: operation(
    { RoleName: required(roleName), PolicyName: required(policyName) },
    ({ roles }, { RoleName, PolicyName }) => {
      const role = roles.get(RoleName);
      const { [PolicyName]: _, ...policies } = role.policies;
      if (own(role.policies, PolicyName) === undefined)
        throw new AwsError('NoSuchEntity', `The role policy with name ${PolicyName} cannot be found.`, 404);
      roles.save({ ...role, policies });
    },
  ),
  /** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html */
  DeleteRole: operation({ RoleName: required(roleName) }, ({ roles }, { RoleName }) => {
    if (inlinePolicies(roles.get(RoleName)).length > 0) throw hasPolicies();
    roles.remove(RoleName);
  }),
};
