import { ACCOUNT_ID } from '../account.ts';
import type { JsonObject } from '../json.ts';
import { creatorOf, generatedName, type ResourceHandler, type ResourceState } from '../resource.ts';
import {
  document,
  integer,
  list,
  readProperties,
  required,
  structure,
  tags,
  text,
  withDefault,
} from '../shape.ts';
import { AwsError } from '../wire/errors.ts';
import { checkManagedPolicies, INLINE_LIMIT, type Role, type Roles } from './roles.ts';
import { readIdentityPolicy } from './statement.ts';
import { checkTrustPolicy } from './trust.ts';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html */
export function roleResource(roles: Roles): ResourceHandler {
  return {
    type: 'AWS::IAM::Role',
    replaceOn: ['Path', 'RoleName'],
    async create(request) {
      const { roleName, path, trust, policies } = readRole(request.properties);
      const name = roleName ?? generatedName(request, 64);
      const creator = creatorOf(request);
      const existing = roles.find(name);
      if (existing?.creator === creator) return stateOf(existing);
      if (existing) throw new AwsError('EntityAlreadyExists', `Role with name ${name} already exists.`, 409);
      const role: Role = {
        name,
        arn: `arn:aws:iam::${ACCOUNT_ID}:role${path}${name}`,
        id: `AROA${request.suffix.slice(0, 17).toUpperCase()}`,
        creator,
        trust,
        policies,
        addedPolicies: {},
      };
      roles.save(role);
      return stateOf(role);
    },
    async update({ physicalId, properties }) {
      const { trust, policies } = readRole(properties);
      const role = { ...roles.get(physicalId), trust, policies };
      roles.save(role);
      return stateOf(role);
    },
    async delete(physicalId) {
      const added = Object.keys(roles.find(physicalId)?.addedPolicies ?? {});
      if (added.length > 0) {
        throw new AwsError('DeleteConflict', 'Cannot delete entity, must delete policies first.', 409);
      }
      roles.remove(physicalId);
    },
  };
}

function stateOf({ name, arn, id }: Role): ResourceState {
  return { physicalId: name, attributes: { Arn: arn, RoleId: id } };
}

const policyName = text({ pattern: /[\w+=,.@-]{1,128}/ });

const roleProperties = structure({
  AssumeRolePolicyDocument: required(document()),
  Description: text({ max: 1000 }),
  ManagedPolicyArns: withDefault(list(text()), []),
  MaxSessionDuration: integer({ min: 3600, max: 43_200 }),
  Path: withDefault(text({ max: 512, pattern: /\/|\/[\u0021-\u007e]+\// }), '/'),
  PermissionsBoundary: text(),
  Policies: withDefault(
    list(structure({ PolicyDocument: required(document()), PolicyName: required(policyName) })),
    [],
  ),
  RoleName: text({ pattern: /[\w+=,.@-]{1,64}/ }),
  Tags: tags(),
});

function readRole(source: JsonObject) {
  const properties = readProperties(roleProperties, source);
  const {
    AssumeRolePolicyDocument: trust,
    ManagedPolicyArns: managed,
    PermissionsBoundary: boundary,
  } = properties;
  checkTrustPolicy(trust);
  checkManagedPolicies(boundary === undefined ? managed : [...managed, boundary]);
  const documents = properties.Policies.map(({ PolicyDocument }) => PolicyDocument);
  for (const policy of documents) readIdentityPolicy(policy);
  if (JSON.stringify(documents).length > INLINE_LIMIT) {
    throw new AwsError(
      'LimitExceeded',
      `Maximum policy size of ${INLINE_LIMIT} bytes exceeded for role`,
      409,
    );
  }
  return {
    roleName: properties.RoleName,
    path: properties.Path,
    trust,
    policies: Object.fromEntries(
      properties.Policies.map(({ PolicyName, PolicyDocument }) => [PolicyName, PolicyDocument]),
    ),
  };
}
