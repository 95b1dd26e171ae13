import type { JsonObject } from '../../json.ts';
import type { ResourceHandler } from '../../resource.ts';
import { AwsError, notSupported } from '../../wire/errors.ts';
import type { OnFailure, Source } from '../stack/model.ts';
import { own } from '../stack/model.ts';
import { formatError } from '../template/errors.ts';
import { parseTemplate } from '../template/known.ts';
import { checkNames } from '../template/names.ts';
import { parameterValues } from '../template/parameters.ts';
import type { Template } from '../template/parse.ts';
import { choice, constraint, flag, objects, optionalText, requiredText, texts } from '../wire/query.ts';

/** What `readSource` understands of a request. */
export const SOURCE_PARAMETERS = [
  'TemplateBody',
  'TemplateURL',
  'UsePreviousTemplate',
  'Parameters',
  'Tags',
  'Capabilities',
];

const CAPABILITIES = ['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM', 'CAPABILITY_AUTO_EXPAND'];

/** What a request would have a stack be made from, checked as far as that goes without looking at the stack. */
export function readSource(
  query: JsonObject,
  handlers: ReadonlyMap<string, ResourceHandler>,
  previous?: Source,
): Source {
  const template = givenTemplate(query, previous);
  const parsed = checkedTemplate(template, handlers);
  const capabilities = texts(query, 'Capabilities');
  checkCapabilities(parsed, capabilities);
  const parameters = parameterValues(parsed.parameters, givenParameters(query, previous));
  return { template, parameters, tags: givenTags(query, previous), capabilities };
}

/** @throws AwsError `ValidationError` if the request names no template */
export function givenTemplate(query: JsonObject, previous?: Source): string {
  const body = optionalText(query, 'TemplateBody');
  const usesPrevious = flag(query, 'UsePreviousTemplate');
  if (usesPrevious && body !== undefined) {
    throw new AwsError('ValidationError', 'You cannot specify both UsePreviousTemplate and Template Body.');
  }
  const template = usesPrevious ? previous?.template : body;
  if (template !== undefined) return template;
  throw new AwsError('ValidationError', 'Either Template URL or Template Body must be specified.');
}

function givenParameters(query: JsonObject, previous: Source | undefined): Map<string, string> {
  const given = new Map<string, string>();
  for (const parameter of objects(query, 'Parameters')) {
    const key = requiredText(parameter, 'ParameterKey');
    const value = flag(parameter, 'UsePreviousValue')
      ? own(previous?.parameters ?? {}, key)
      : own(parameter, 'ParameterValue');
    if (typeof value !== 'string') {
      throw new AwsError('ValidationError', `Parameters: [${key}] must have values`);
    }
    given.set(key, value);
  }
  return given;
}

function givenTags(query: JsonObject, previous: Source | undefined): Readonly<Record<string, string>> {
  if (own(query, 'Tags') === undefined) return previous?.tags ?? {};
  return Object.fromEntries(
    objects(query, 'Tags').map((tag) => [requiredText(tag, 'Key'), optionalText(tag, 'Value') ?? '']),
  );
}

/** Resource types that AWS has, for sign-in through a provider behind a user pool. */
const FEDERATION = [
  'AWS::Cognito::ManagedLoginBranding',
  'AWS::Cognito::UserPoolDomain',
  'AWS::Cognito::UserPoolIdentityProvider',
];

/** A template that this cloud can apply: well formed, of known resource types, with names that mean something. */
export function checkedTemplate(body: string, handlers: ReadonlyMap<string, ResourceHandler>): Template {
  const template = parseTemplate(body);
  const types = resourceTypes(template);
  const unknown = types.filter((type) => !handlers.has(type));
  const notDone = unknown.filter((type) => FEDERATION.includes(type));
  if (notDone.length > 0) {
    throw notSupported(
      `sign-in through other providers of a user pool (${notDone.join(', ')})`,
      'ValidationError',
    );
  }
  if (unknown.length > 0) throw formatError(`Unrecognized resource types: [${unknown.join(', ')}]`);
  checkNames(template);
  return template;
}

export function resourceTypes({ resources }: Template): string[] {
  return [...new Set([...resources.values()].map(({ type }) => type))];
}

/** The capability that a template asks its user for, and the resources that do. */
export function neededCapability({
  resources,
}: Template):
  | { readonly capability: 'CAPABILITY_IAM' | 'CAPABILITY_NAMED_IAM'; readonly types: readonly string[] }
  | undefined {
  const iam = [...resources.values()].filter(({ type }) => type.startsWith('AWS::IAM::'));
  if (iam.length === 0) return undefined;
  // A policy's name is within its role, and free to choose.
  const isNamed = iam.some(
    ({ type, properties }) =>
      type !== 'AWS::IAM::Policy' && Object.keys(properties).includes(`${type.split('::')[2]}Name`),
  );
  return {
    capability: isNamed ? 'CAPABILITY_NAMED_IAM' : 'CAPABILITY_IAM',
    types: [...new Set(iam.map(({ type }) => type))],
  };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html, Capabilities */
function checkCapabilities(template: Template, given: readonly string[]): void {
  const unknown = given.find((one) => !CAPABILITIES.includes(one));
  if (unknown !== undefined) {
    throw constraint(
      `'[${unknown}]'`,
      'capabilities',
      `Member must satisfy constraint: [Member must satisfy enum value set: [${CAPABILITIES.join(', ')}]]`,
    );
  }
  const needed = neededCapability(template)?.capability;
  if (needed === undefined || given.includes('CAPABILITY_NAMED_IAM') || given.includes(needed)) return;
  throw new AwsError('InsufficientCapabilitiesException', `Requires capabilities : [${needed}]`);
}

export function onFailure(query: JsonObject, name: 'OnFailure' | 'OnStackFailure'): OnFailure | undefined {
  return choice(query, name, ['ROLLBACK', 'DELETE', 'DO_NOTHING']);
}

/** A name for something new: a stack or a change set. */
export function newName(query: JsonObject, parameter: 'StackName' | 'ChangeSetName'): string {
  const name = requiredText(query, parameter);
  if (name.length > 128) {
    throw constraint(`'${name}'`, parameter, 'Member must have length less than or equal to 128');
  }
  if (/^[a-zA-Z][-a-zA-Z0-9]*$/.test(name)) return name;
  throw constraint(
    `'${name}'`,
    parameter,
    'Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*',
  );
}
