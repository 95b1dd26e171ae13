import { own } from '../../json.ts';
import type { ResourceHandler } from '../../resource.ts';
import { AwsError, notSupported } from '../../wire/errors.ts';
import { formatError, validationError } from '../errors.ts';
import type { TemplateSource } from '../stack/model.ts';
import { checkNames } from '../template/names.ts';
import { parameterValues } from '../template/parameters.ts';
import { parseTemplate, type Template } from '../template/parse.ts';
import type { OperationContext } from './operation.ts';
import type { SourceInput } from './parameters.ts';
import { readTemplateBody } from './template-body.ts';

/** Reads the template of a request. The result checks and completes the source with the stack's previous one. */
export async function readSource(
  input: SourceInput,
  { handlers, getObject }: OperationContext,
): Promise<(previous?: TemplateSource) => TemplateSource> {
  const body = await readTemplateBody(input, getObject);
  return (previous) => {
    if (input.UsePreviousTemplate && body !== undefined) {
      throw validationError('You cannot specify both UsePreviousTemplate and Template Body.');
    }
    const template = givenTemplate(input.UsePreviousTemplate ? previous?.template : body);
    const parsed = checkedTemplate(template, handlers);
    checkCapabilities(parsed, input.Capabilities);
    const parameters = parameterValues(parsed.parameters, givenParameters(input, previous));
    return { template, parameters, tags: givenTags(input, previous), capabilities: input.Capabilities };
  };
}

/** @throws AwsError `ValidationError` if a request has no template */
export function givenTemplate(template: string | undefined): string {
  if (template !== undefined) return template;
  throw validationError('Either Template URL or Template Body must be specified.');
}

function givenParameters(
  { Parameters }: SourceInput,
  previous: TemplateSource | undefined,
): Map<string, string> {
  const given = new Map<string, string>();
  for (const { ParameterKey: key, ParameterValue, UsePreviousValue } of Parameters) {
    const value = UsePreviousValue ? own(previous?.parameters ?? {}, key) : ParameterValue;
    if (value === undefined) {
      throw validationError(`Parameters: [${key}] must have values`);
    }
    given.set(key, value);
  }
  return given;
}

function givenTags(
  { Tags }: SourceInput,
  previous: TemplateSource | undefined,
): Readonly<Record<string, string>> {
  if (Tags === undefined) return previous?.tags ?? {};
  return Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]));
}

/** Resource types of sign-in through another provider of a user pool. */
const FEDERATION = [
  'AWS::Cognito::ManagedLoginBranding',
  'AWS::Cognito::UserPoolDomain',
  'AWS::Cognito::UserPoolIdentityProvider',
];

/** Parses a template and refuses unknown resource types and undefined names. */
export function checkedTemplate(body: string, handlers: ReadonlyMap<string, ResourceHandler>): Template {
  const template = parseTemplate(body);
  const unknown = resourceTypes(template).filter((type) => !handlers.has(type));
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

/** Returns the capability that a template requires, and the resource types that require it. */
export function neededCapability({
  resources,
}: Template):
  | { readonly capability: 'CAPABILITY_IAM' | 'CAPABILITY_NAMED_IAM'; readonly types: readonly string[] }
  | undefined {
  const iam = [...resources.values()].filter(({ type }) => type.startsWith('AWS::IAM::'));
  if (iam.length === 0) return undefined;
  // The name of a policy is unique within its role only, so it needs no named capability.
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
  const needed = neededCapability(template)?.capability;
  if (needed === undefined || given.includes('CAPABILITY_NAMED_IAM') || given.includes(needed)) return;
  throw new AwsError('InsufficientCapabilitiesException', `Requires capabilities : [${needed}]`);
}
