import type { Identities } from '../auth/identities.ts';
import type { JsonObject } from '../json.ts';
import { list, optional, readInput, required, type Shape, structure, text } from '../shape.ts';
import { requestDoor } from '../wire/door.ts';
import { AwsError } from '../wire/errors.ts';
import type { HttpHandler } from '../wire/http.ts';
import { type QueryMembers, queryProtocol } from '../wire/query-protocol.ts';
import type { Permissions } from './permissions.ts';
import type { Roles } from './roles.ts';

export interface IamApiOptions {
  readonly roles: Roles;
  readonly identities: Identities;
  readonly now: () => Date;
  readonly permissions: Permissions;
}

type Operation = (input: JsonObject, options: IamApiOptions) => QueryMembers;

function operation<T>(shape: Shape<T>, run: (input: T, options: IamApiOptions) => QueryMembers): Operation {
  return (input, options) => run(readInput(shape, input, 'query'), options);
}

const strict = { strict: true };

const getRole = operation(
  structure({ RoleName: required(text({ min: 1 })) }, strict),
  ({ RoleName }, { roles }) => {
    const { name, arn, id, trust } = roles.get(RoleName);
    return {
      Role: {
        Path: arn.slice(arn.indexOf('/'), -name.length),
        RoleName: name,
        RoleId: id,
        Arn: arn,
        AssumeRolePolicyDocument: encodeURIComponent(JSON.stringify(trust)),
      },
    };
  },
);

/**
 * One result for each action and resource, all on one page.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
 */
const simulatePrincipalPolicy = operation(
  structure(
    {
      PolicySourceArn: required(text()),
      ActionNames: optional(list(text()), []),
      ResourceArns: optional(list(text()), []),
    },
    strict,
  ),
  ({ PolicySourceArn: source, ActionNames, ResourceArns }, { permissions: { caller, denies } }) => {
    if (!/^arn:aws:iam::\d{12}:(user|group|role)\/.+/.test(source)) {
      throw new AwsError(
        'InvalidInput',
        `Invalid Entity Arn: ${source} does not clearly define entity type and name.`,
      );
    }
    if (source !== caller().arn) {
      throw new AwsError('NoSuchEntity', `The entity with ARN ${source} cannot be found.`, 404);
    }
    const wrong = ActionNames.find((action) => !/^[a-zA-Z0-9-]+:[a-zA-Z0-9]+$/.test(action));
    if (wrong !== undefined || ActionNames.length === 0) {
      throw new AwsError('InvalidInput', `Invalid Action Name: ${wrong ?? 'none'}`);
    }
    return {
      IsTruncated: false,
      EvaluationResults: ActionNames.flatMap((action) =>
        (ResourceArns.length === 0 ? ['*'] : ResourceArns).map((resource) => ({
          EvalActionName: action,
          EvalResourceName: resource,
          EvalDecision: denies(action) ? 'implicitDeny' : 'allowed',
        })),
      ),
    };
  },
);

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html */
const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ['GetRole', getRole],
  ['SimulatePrincipalPolicy', simulatePrincipalPolicy],
]);

/** The IAM API, as far as an operator's tools ask what they are allowed to do. */
export function iamApi(options: IamApiOptions): HttpHandler {
  return requestDoor({
    service: 'iam',
    protocol: queryProtocol({ namespace: 'https://iam.amazonaws.com/doc/', version: '2010-05-08' }),
    identities: options.identities,
    now: options.now,
    permissions: options.permissions,
    find(name) {
      const found = OPERATIONS.get(name);
      return found && { run: ({ input }) => found(input, options) };
    },
  });
}
