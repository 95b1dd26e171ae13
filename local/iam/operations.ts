import { randomBytes } from 'node:crypto';
import { omitUndefined } from '../../protocol/fields.ts';
import { type JsonObject, own, parseObject } from '../json.ts';
import { list, required, tags, text, withDefault } from '../shape.ts';
import { AwsError } from '../wire/errors.ts';
import { operationsOf } from '../wire/operations.ts';
import type { QueryMembers } from '../wire/query-protocol.ts';
import {
  isAllowedBy,
  malformed,
  missingContext,
  policyText,
  readEvaluatedPolicy,
} from './identity-policy.ts';
import type { Permissions } from './permissions.ts';
import {
  checkInlineSize,
  hasPolicies,
  inlinePolicies,
  maxSessionDuration,
  policyName,
  type Role,
  type Roles,
  roleDescription,
  roleName,
  rolePath,
} from './roles.ts';
import { checkTrustPolicy } from './trust.ts';

/** The dependencies of operations. */
interface IamContext {
  readonly roles: Roles;
  readonly permissions: Permissions;
  readonly now: () => Date;
}

const pathPrefix = text({ min: 1, max: 512, pattern: /\/[\u0021-\u007f]*/ });

const operation = operationsOf<IamContext, QueryMembers>({ format: 'query' });

function parsed(policy: string): JsonObject {
  return parseObject(policy, () => malformed('Syntax errors in policy.'));
}

function describe({ name, arn, id, trust, tags = {}, ...role }: Role): QueryMembers {
  return {
    Path: arn.slice(arn.indexOf('/'), -name.length),
    RoleName: name,
    RoleId: id,
    Arn: arn,
    CreateDate: role.created,
    AssumeRolePolicyDocument: encodeURIComponent(JSON.stringify(trust)),
    Description: role.description,
    MaxSessionDuration: role.maxSessionDuration,
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  };
}

const roleOperations = {
  /** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html */
  GetRole: operation({ RoleName: required(roleName) }, ({ roles }, { RoleName }) => ({
    Role: describe(roles.get(RoleName)),
  })),
  /** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
  CreateRole: operation(
    {
      RoleName: required(roleName),
      Path: rolePath,
      AssumeRolePolicyDocument: required(policyText),
      Description: roleDescription,
      MaxSessionDuration: maxSessionDuration,
      Tags: withDefault(tags({ max: 50 }), {}),
    },
    ({ roles, now }, { RoleName: name, Path: path, AssumeRolePolicyDocument, Tags, ...given }) => {
      const trust = parsed(AssumeRolePolicyDocument);
      checkTrustPolicy(trust);
      const role = roles.create({
        name,
        path,
        id: `AROA${randomBytes(9).toString('hex').toUpperCase().slice(0, 17)}`,
        creator: 'CreateRole',
        created: now().toISOString(),
        ...omitUndefined({ description: given.Description }),
        maxSessionDuration: given.MaxSessionDuration,
        trust,
        policies: {},
        tags: Tags,
      });
      return { Role: describe(role) };
    },
  ),
  /** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html All roles are on one page. */
  ListRoles: operation({ PathPrefix: withDefault(pathPrefix, '/') }, ({ roles }, { PathPrefix }) => ({
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
      PolicyDocument: required(policyText),
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

const simulation = {
  /**
   * Returns one result for each action and resource, all on one page.
   * https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
   */
  SimulatePrincipalPolicy: operation(
    {
      PolicySourceArn: required(text({ min: 20, max: 2048 })),
      ActionNames: required(list(text({ min: 3, max: 128 }))),
      ResourceArns: withDefault(list(text({ min: 1, max: 2048 })), []),
    },
    ({ permissions: { caller, denies }, roles }, { PolicySourceArn: source, ActionNames, ResourceArns }) => {
      if (!/^arn:aws:iam::\d{12}:(user|group|role)\/.+/.test(source)) {
        throw new AwsError(
          'InvalidInput',
          `Invalid Entity Arn: ${source} does not clearly define entity type and name.`,
        );
      }
      const role = roles.findByArn(source);
      if (role === undefined && source !== caller().arn) {
        throw new AwsError('NoSuchEntity', `The entity with ARN ${source} cannot be found.`, 404);
      }
      const wrong = ActionNames.find((action) => !/^[a-zA-Z0-9-]+:[a-zA-Z0-9]+$/.test(action));
      if (wrong !== undefined || ActionNames.length === 0) {
        throw new AwsError('InvalidInput', `Invalid Action Name: ${wrong ?? 'none'}`);
      }
      const policies = role === undefined ? [] : inlinePolicies(role);
      const isDenied = (action: string, resource: string) =>
        role === undefined
          ? denies(action, () => ({ resource }))
          : !isAllowedBy(policies, action, { resource });
      return {
        IsTruncated: false,
        EvaluationResults: ActionNames.flatMap((action) =>
          (ResourceArns.length === 0 ? ['*'] : ResourceArns).map((resource) => ({
            EvalActionName: action,
            EvalResourceName: resource,
            EvalDecision: isDenied(action, resource) ? 'implicitDeny' : 'allowed',
            MissingContextValues: missingContext(policies, action, resource),
          })),
        ),
      };
    },
  ),
};

export const OPERATIONS = { ...roleOperations, ...simulation };
