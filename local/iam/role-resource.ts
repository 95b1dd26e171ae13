import { omitUndefined } from '../../protocol/fields.ts';
import type { JsonObject } from '../json.ts';
import { creatorOf, generatedName, type ResourceHandler, type ResourceState } from '../resource.ts';
import { document, list, readProperties, required, structure, tags, text, withDefault } from '../shape.ts';
import { readIdentityPolicy } from './identity-policy.ts';
import {
  checkInlineSize,
  checkManagedPolicies,
  hasPolicies,
  maxSessionDuration,
  policyName,
  type Role,
  type Roles,
  roleDescription,
  roleName,
  rolePath,
} from './roles.ts';
import { checkTrustPolicy } from './trust.ts';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html */
export function roleResource(roles: Roles, now: () => Date): ResourceHandler {
  return {
    type: 'AWS::IAM::Role',
    replaceOn: ['Path', 'RoleName'],
    async create(request) {
      const { roleName, path, ...settings } = readRole(request.properties);
      const name = roleName ?? generatedName(request, 64);
      const creator = creatorOf(request);
      const existing = roles.find(name);
      if (existing?.creator === creator) return stateOf(existing);
      const id = `AROA${request.suffix.slice(0, 17).toUpperCase()}`;
      return stateOf(roles.create({ name, path, id, creator, created: now().toISOString(), ...settings }));
    },
    async update({ physicalId, properties }) {
      const { roleName: _name, path: _path, ...settings } = readRole(properties);
      const { description: _, ...role } = roles.get(physicalId);
      return stateOf(roles.save({ ...role, ...settings }));
    },
    async delete(physicalId) {
      if (Object.keys(roles.find(physicalId)?.addedPolicies ?? {}).length > 0) throw hasPolicies();
      roles.remove(physicalId);
    },
  };
}

function stateOf({ name, arn, id }: Role): ResourceState {
  return { physicalId: name, attributes: { Arn: arn, RoleId: id } };
}

const roleProperties = structure({
  AssumeRolePolicyDocument: required(document()),
  Description: roleDescription,
  ManagedPolicyArns: withDefault(list(text()), []),
  MaxSessionDuration: maxSessionDuration,
  Path: rolePath,
  PermissionsBoundary: text(),
  Policies: withDefault(
    list(structure({ PolicyDocument: required(document()), PolicyName: required(policyName) })),
    [],
  ),
  RoleName: roleName,
  Tags: tags(),
});

function readRole(properties: JsonObject) {
  const {
    AssumeRolePolicyDocument: trust,
    ManagedPolicyArns: managed,
    PermissionsBoundary: boundary,
    ...given
  } = readProperties(roleProperties, properties);
  checkTrustPolicy(trust);
  checkManagedPolicies(boundary === undefined ? managed : [...managed, boundary]);
  for (const { PolicyDocument } of given.Policies) readIdentityPolicy(PolicyDocument);
  const policies = Object.fromEntries(
    given.Policies.map(({ PolicyName, PolicyDocument }) => [PolicyName, PolicyDocument]),
  );
  checkInlineSize(Object.values(policies), given.RoleName);
  return {
    roleName: given.RoleName,
    path: given.Path,
    maxSessionDuration: given.MaxSessionDuration,
    trust,
    policies,
    ...omitUndefined({ description: given.Description }),
  };
}
