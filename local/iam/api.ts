import { randomUUID } from 'node:crypto';
import type { Identities } from '../auth/identities.ts';
import { authenticatedText } from '../auth/sigv4.ts';
import { AwsError } from '../wire/errors.ts';
import type { HttpHandler, HttpRequest } from '../wire/http.ts';
import { queryError, queryResult } from '../wire/query-answer.ts';
import type { XmlChildren } from '../wire/xml.ts';
import { type Permissions, refuseDenied } from './permissions.ts';
import type { Roles } from './roles.ts';

export interface IamApiOptions {
  readonly roles: Roles;
  readonly identities: Identities;
  readonly now: () => Date;
  readonly permissions: Permissions;
}

const VERSION = '2010-05-08';
const NAMESPACE = `https://iam.amazonaws.com/doc/${VERSION}/`;

type Operation = (parameters: URLSearchParams, options: IamApiOptions) => XmlChildren;

/** What the embedded IAM can be asked for: https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html */
const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ['GetRole', getRole],
  ['SimulatePrincipalPolicy', simulatePrincipalPolicy],
]);

/** The IAM API over the query protocol, as far as an operator's tools ask what they are allowed to do. */
export function iamApi(options: IamApiOptions): HttpHandler {
  return async (request) => {
    const asked = { namespace: NAMESPACE, requestId: randomUUID() };
    try {
      const { action, result } = await perform(request, options);
      return queryResult(asked, action, result);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      return queryError(asked, error);
    }
  };
}

async function perform(
  request: HttpRequest,
  options: IamApiOptions,
): Promise<{ readonly action: string; readonly result: XmlChildren }> {
  const { identities, now, permissions } = options;
  const { principal, text } = await authenticatedText(request, { service: 'iam', identities, now: now() });
  const parameters = new URLSearchParams(request.method === 'GET' ? request.query : text);
  const action = parameters.get('Action') ?? '';
  const version = parameters.get('Version');
  const operation = version === VERSION ? OPERATIONS.get(action) : undefined;
  if (operation === undefined) {
    throw new AwsError('InvalidAction', `Could not find operation ${action} for version ${version}`);
  }
  if (principal.kind === 'anonymous') {
    throw new AwsError('MissingAuthenticationToken', 'Request is missing Authentication Token', 403);
  }
  if (principal.kind !== 'account') {
    throw new AwsError('InvalidClientTokenId', 'The security token included in the request is invalid.', 403);
  }
  refuseDenied(permissions, `iam:${action}`, 'AccessDenied');
  return { action, result: operation(parameters, options) };
}

function getRole(parameters: URLSearchParams, { roles }: IamApiOptions): XmlChildren {
  only(parameters, 'GetRole', ['RoleName']);
  const { name, arn, id, trust } = roles.get(required(parameters, 'RoleName'));
  return {
    Role: {
      Path: arn.slice(arn.indexOf('/'), -name.length),
      RoleName: name,
      RoleId: id,
      Arn: arn,
      AssumeRolePolicyDocument: encodeURIComponent(JSON.stringify(trust)),
    },
  };
}

/**
 * One result for each action and resource, as many as are asked for on one page.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
 */
function simulatePrincipalPolicy(
  parameters: URLSearchParams,
  { permissions: { caller, denies } }: IamApiOptions,
): XmlChildren {
  only(parameters, 'SimulatePrincipalPolicy', ['PolicySourceArn', 'ActionNames', 'ResourceArns']);
  const source = required(parameters, 'PolicySourceArn');
  if (!/^arn:aws:iam::\d{12}:(user|group|role)\/.+/.test(source)) {
    throw new AwsError(
      'InvalidInput',
      `Invalid Entity Arn: ${source} does not clearly define entity type and name.`,
    );
  }
  if (source !== caller().arn) {
    throw new AwsError('NoSuchEntity', `The entity with ARN ${source} cannot be found.`, 404);
  }
  const actions = list(parameters, 'ActionNames');
  const wrong = actions.find((action) => !/^[a-zA-Z0-9-]+:[a-zA-Z0-9]+$/.test(action));
  if (wrong !== undefined || actions.length === 0) {
    throw new AwsError('InvalidInput', `Invalid Action Name: ${wrong ?? 'none'}`);
  }
  const resources = list(parameters, 'ResourceArns');
  return {
    IsTruncated: false,
    EvaluationResults: {
      member: actions.flatMap((action) =>
        (resources.length === 0 ? ['*'] : resources).map((resource) => ({
          EvalActionName: action,
          EvalResourceName: resource,
          EvalDecision: denies(action) ? 'implicitDeny' : 'allowed',
        })),
      ),
    },
  };
}

/** Refuses parameters that are not understood by name. */
function only(parameters: URLSearchParams, action: string, known: readonly string[]): void {
  const names = [...parameters.keys()].map((name) => name.replace(/\.member\.\d+$/, ''));
  const unknown = names.find((name) => !['Action', 'Version', ...known].includes(name));
  if (unknown !== undefined) {
    throw new AwsError('ValidationError', `${action} with ${unknown} is not done by the embedded cloud`);
  }
}

function required(parameters: URLSearchParams, name: string): string {
  const value = parameters.get(name);
  if (value) return value;
  const member = name.charAt(0).toLowerCase() + name.slice(1);
  throw new AwsError(
    'ValidationError',
    `1 validation error detected: Value null at '${member}' failed to satisfy constraint: Member must not be null`,
  );
}

function list(parameters: URLSearchParams, name: string): string[] {
  return [...parameters].filter(([key]) => key.startsWith(`${name}.member.`)).map(([, value]) => value);
}
