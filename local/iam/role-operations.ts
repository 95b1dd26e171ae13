import { randomBytes } from 'node:crypto';
import { ACCOUNT_ID } from '../account.ts';
import { type JsonObject, parseObject } from '../json.ts';
import { integer, list, required, structure, text, withDefault } from '../shape.ts';
import { AwsError } from '../wire/errors.ts';
import type { QueryMembers } from '../wire/query-protocol.ts';
import { readEvaluatedPolicy } from './identity-policy.ts';
import { operation } from './operation.ts';
import { INLINE_LIMIT, inlinePolicies, type Role } from './roles.ts';
import { malformed } from './statement.ts';
import { checkTrustPolicy } from './trust.ts';

const roleName = required(text({ pattern: /[\w+=,.@-]{1,64}/ }));
const policyName = required(text({ pattern: /[\w+=,.@-]{1,128}/ }));

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
      RoleName: roleName,
      Path: withDefault(text({ max: 512, pattern: /\/|\/[\u0021-\u007e]+\// }), '/'),
      AssumeRolePolicyDocument: required(text({ min: 1 })),
      Description: text({ max: 1000 }),
      MaxSessionDuration: integer({ min: 3600, max: 43_200 }),
      Tags: withDefault(list(structure({ Key: required(text({ min: 1 })), Value: required(text()) })), []),
    },
    ({ roles }, { RoleName: name, Path, AssumeRolePolicyDocument, Tags }) => {
      if (roles.find(name) !== undefined)
        throw new AwsError('EntityAlreadyExists', `Role with name ${name} already exists.`, 409);
      const trust = parsed(AssumeRolePolicyDocument);
      checkTrustPolicy(trust);
      const role: Role = {
        name,
        arn: `arn:aws:iam::${ACCOUNT_ID}:role${Path}${name}`,
        id: `AROA${randomBytes(9).toString('hex').toUpperCase().slice(0, 17)}`,
        creator: 'CreateRole',
        trust,
        policies: {},
        addedPolicies: {},
        tags: Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])),
      };
      roles.save(role);
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
    { RoleName: roleName, PolicyName: policyName, PolicyDocument: required(text({ min: 1 })) },
    ({ roles }, { RoleName, PolicyName, PolicyDocument }) => {
      const role = roles.get(RoleName);
      const document = parsed(PolicyDocument);
      readEvaluatedPolicy(document);
      const policies = { ...role.policies, [PolicyName]: document };
      const documents = inlinePolicies({ ...role, policies });
      if (documents.reduce((sum, one) => sum + JSON.stringify(one).length, 0) > INLINE_LIMIT) {
        throw new AwsError(
          'LimitExceeded',
          `Maximum policy size of ${INLINE_LIMIT} bytes exceeded for role ${RoleName}`,
          409,
        );
      }
      roles.save({ ...role, policies });
    },
  ),
  /** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePolicy.html */
  DeleteRolePolicy: operation(
    { RoleName: roleName, PolicyName: policyName },
    ({ roles }, { RoleName, PolicyName }) => {
      const role = roles.get(RoleName);
      const { [PolicyName]: removed, ...policies } = role.policies;
      if (removed === undefined)
        throw new AwsError('NoSuchEntity', `The role policy with name ${PolicyName} cannot be found.`, 404);
      roles.save({ ...role, policies });
    },
  ),
  /** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html */
  DeleteRole: operation({ RoleName: roleName }, ({ roles }, { RoleName }) => {
    if (inlinePolicies(roles.get(RoleName)).length > 0)
      throw new AwsError('DeleteConflict', 'Cannot delete entity, must delete policies first.', 409);
    roles.remove(RoleName);
  }),
};
