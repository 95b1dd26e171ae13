import type { ResourceHandler } from '../../resource.ts';
import { AwsError } from '../../wire/errors.ts';
import type { OnFailure, Source } from '../stack/model.ts';
import { dependencies } from '../template/graph.ts';
import { parseTemplate, type Template } from '../template/parse.ts';
import { parameterValues } from '../template/scope.ts';
import { flag, objects, optionalText, type QueryObject, requiredText, texts } from '../wire/query.ts';

/** What `readSource` understands of a request. */
export const SOURCE_PARAMETERS = [
  'TemplateBody',
  'UsePreviousTemplate',
  'Parameters',
  'Tags',
  'Capabilities',
];

function givenParameters(query: QueryObject, previous: Source | undefined): Record<string, string> {
  const pairs = objects(query, 'Parameters').map((parameter) => {
    const key = requiredText(parameter, 'ParameterKey');
    const value = flag(parameter, 'UsePreviousValue') ? previous?.parameters[key] : parameter.ParameterValue;
    if (typeof value !== 'string')
      throw new AwsError('ValidationError', `Parameters: [${key}] must have values`);
    return [key, value] as const;
  });
  return Object.fromEntries(pairs);
}

function givenTags(query: QueryObject, previous: Source | undefined): Readonly<Record<string, string>> {
  if (query.Tags === undefined) return previous?.tags ?? {};
  return Object.fromEntries(
    objects(query, 'Tags').map((tag) => [requiredText(tag, 'Key'), String(tag.Value ?? '')]),
  );
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html, Capabilities */
function neededCapability({ resources }: Template): 'CAPABILITY_IAM' | 'CAPABILITY_NAMED_IAM' | undefined {
  const iam = Object.values(resources).filter(({ type }) => type.startsWith('AWS::IAM::'));
  if (iam.length === 0) return undefined;
  const named = iam.some(
    ({ type, properties }) =>
      type !== 'AWS::IAM::Policy' &&
      Object.keys(properties).some((name) =>
        /^(Role|User|Group|ManagedPolicy|InstanceProfile)Name$/.test(name),
      ),
  );
  return named ? 'CAPABILITY_NAMED_IAM' : 'CAPABILITY_IAM';
}

function checkCapabilities(template: Template, given: readonly string[]): void {
  const needed = neededCapability(template);
  if (needed === undefined || given.includes('CAPABILITY_NAMED_IAM') || given.includes(needed)) return;
  throw new AwsError('InsufficientCapabilitiesException', `Requires capabilities : [${needed}]`);
}

/** A template that this cloud can apply: well formed, of known resource types, without circles. */
export function checkedTemplate(body: string, handlers: ReadonlyMap<string, ResourceHandler>): Template {
  const template = parseTemplate(body);
  const types = [...new Set(Object.values(template.resources).map(({ type }) => type))];
  const unknown = types.filter((type) => !handlers.has(type));
  if (unknown.length > 0) {
    throw new AwsError(
      'ValidationError',
      `Template format error: Unrecognized resource types: [${unknown.join(', ')}]`,
    );
  }
  dependencies(template);
  return template;
}

/** What a request would have a stack be made from, checked as far as that goes without doing it. */
export function readSource(
  query: QueryObject,
  handlers: ReadonlyMap<string, ResourceHandler>,
  previous?: Source,
): Source {
  const template = flag(query, 'UsePreviousTemplate')
    ? previous?.template
    : optionalText(query, 'TemplateBody');
  if (template === undefined) {
    throw new AwsError('ValidationError', 'Either Template URL or Template Body must be specified.');
  }
  const parsed = checkedTemplate(template, handlers);
  const capabilities = texts(query, 'Capabilities');
  checkCapabilities(parsed, capabilities);
  const parameters = parameterValues(parsed, givenParameters(query, previous));
  return { template, parameters, tags: givenTags(query, previous), capabilities };
}

export function onFailure(query: QueryObject, name: 'OnFailure' | 'OnStackFailure'): OnFailure | undefined {
  const value = optionalText(query, name);
  if (value === undefined || value === 'ROLLBACK' || value === 'DELETE' || value === 'DO_NOTHING')
    return value;
  throw new AwsError('ValidationError', `${name} must be one of [ROLLBACK, DELETE, DO_NOTHING]`);
}

/** The name of a stack that is to be made. */
export function newStackName(query: QueryObject): string {
  const name = requiredText(query, 'StackName');
  if (/^[a-zA-Z][-a-zA-Z0-9]{0,127}$/.test(name)) return name;
  throw new AwsError(
    'ValidationError',
    `1 validation error detected: Value '${name}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*`,
  );
}
