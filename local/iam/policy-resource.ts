import { type JsonObject, own } from '../json.ts';
import { generatedName, type ResourceHandler, type ResourceState } from '../resource.ts';
import { document, list, readProperties, required, structure, text, withDefault } from '../shape.ts';
import { AwsError } from '../wire/errors.ts';
import { readIdentityPolicy } from './identity-policy.ts';
import { policyName, type Roles } from './roles.ts';

interface Policy {
  readonly name: string;
  readonly roleNames: readonly string[];
  readonly document: JsonObject;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-policy.html */
export function policyResource(roles: Roles): ResourceHandler {
  const put = ({ name, roleNames, document }: Policy) => {
    for (const role of roleNames.map((roleName) => roles.get(roleName))) {
      if (own(role.policies, name) !== undefined) {
        throw new AwsError(
          'EntityAlreadyExists',
          `The role ${role.name} already has a policy named ${name}.`,
          409,
        );
      }
      roles.save({ ...role, addedPolicies: { ...role.addedPolicies, [name]: document } });
    }
  };
  const take = (name: string, roleNames: readonly string[]) => {
    for (const roleName of roleNames) {
      const role = roles.find(roleName);
      if (role === undefined) continue;
      const { [name]: _, ...addedPolicies } = role.addedPolicies;
      roles.save({ ...role, addedPolicies });
    }
  };
  return {
    type: 'AWS::IAM::Policy',
    replaceOn: ['PolicyName'],
    async create(request) {
      const policy = readPolicy(request.properties);
      put(policy);
      return stateOf(generatedName(request, 128));
    },
    async update({ physicalId, properties, previous }) {
      const policy = readPolicy(properties);
      put(policy);
      const before = readPolicy(previous);
      take(
        before.name,
        before.roleNames.filter((roleName) => !policy.roleNames.includes(roleName)),
      );
      return stateOf(physicalId);
    },
    async delete(_physicalId, properties) {
      const { name, roleNames } = readPolicy(properties);
      take(name, roleNames);
    },
  };
}

function stateOf(id: string): ResourceState {
  return { physicalId: id, attributes: { Id: id } };
}

const policyProperties = structure(
  {
    PolicyDocument: required(document()),
    PolicyName: required(policyName),
    Roles: withDefault(list(text()), []),
  },
  { notSupported: ['Groups', 'Users'] },
);

function readPolicy(properties: JsonObject): Policy {
  const { PolicyDocument, PolicyName: name, Roles: roleNames } = readProperties(policyProperties, properties);
  readIdentityPolicy(PolicyDocument);
  if (roleNames.length === 0) {
    throw new AwsError('InvalidRequest', 'At least one of [Groups,Roles,Users] must be non-empty.');
  }
  return { name, roleNames, document: PolicyDocument };
}
