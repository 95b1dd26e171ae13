import { ACCOUNT_ID } from '../account.ts';
import type { JsonObject } from '../json.ts';
import { generatedName, Properties } from '../properties.ts';
import type { ResourceHandler, ResourceState } from '../resource.ts';
import { AwsError } from '../wire/errors.ts';
import { checkIdentityPolicy } from './identity-policy.ts';
import { checkManagedPolicies } from './managed-policies.ts';
import type { Role, Roles } from './roles.ts';
import { checkTrustPolicy } from './trust.ts';

const NAME = /^[\w+=,.@-]{1,64}$/;
const POLICY_NAME = /^[\w+=,.@-]{1,128}$/;
const PATH = /^(\/|\/[\u0021-\u007e]+\/)$/;
/** Characters of all inline policies of a role: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const INLINE_LIMIT = 10_240;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html */
export function roleResource(roles: Roles): ResourceHandler {
  return {
    type: 'AWS::IAM::Role',
    replaceOn: ['Path', 'RoleName'],
    async create(request) {
      const { roleName, path, trust, policies } = readRole(request.properties);
      const name = roleName ?? generatedName(request, 64);
      const creator = `${request.stackName}/${request.logicalId}/${request.suffix}`;
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

function readRole(source: JsonObject) {
  const properties = new Properties(source).only([
    'AssumeRolePolicyDocument',
    'Description',
    'ManagedPolicyArns',
    'MaxSessionDuration',
    'Path',
    'PermissionsBoundary',
    'Policies',
    'RoleName',
    'Tags',
  ]);
  const trust = properties.document('AssumeRolePolicyDocument');
  checkTrustPolicy(trust);
  properties.optionalText('Description', { max: 1000 });
  properties.integer('MaxSessionDuration', { min: 3600, max: 43_200 });
  properties.tags();
  checkManagedPolicies(properties.texts('ManagedPolicyArns') ?? []);
  const boundary = properties.optionalText('PermissionsBoundary');
  if (boundary !== undefined) checkManagedPolicies([boundary]);
  return {
    roleName: properties.optionalText('RoleName', { pattern: NAME }),
    path: properties.optionalText('Path', { max: 512, pattern: PATH }) ?? '/',
    trust,
    policies: readPolicies(properties),
  };
}

function readPolicies(properties: Properties): Record<string, JsonObject> {
  const policies = (properties.nestedList('Policies') ?? []).map((policy): [string, JsonObject] => {
    policy.only(['PolicyDocument', 'PolicyName']);
    const document = policy.document('PolicyDocument');
    checkIdentityPolicy(document);
    return [policy.text('PolicyName', { pattern: POLICY_NAME }), document];
  });
  if (JSON.stringify(policies.map(([, document]) => document)).length > INLINE_LIMIT) {
    throw new AwsError(
      'LimitExceeded',
      `Maximum policy size of ${INLINE_LIMIT} bytes exceeded for role`,
      409,
    );
  }
  return Object.fromEntries(policies);
}
