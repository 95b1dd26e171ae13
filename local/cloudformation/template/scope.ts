import { randomUUID } from 'node:crypto';
import { ACCOUNT_ID, REGION } from '../../account.ts';
import type { Json } from '../../json.ts';
import { AwsError } from '../../wire/errors.ts';
import { evaluate, type Scope } from './intrinsics.ts';
import { formatError, type Template } from './parse.ts';

export interface StackName {
  readonly id: string;
  readonly name: string;
}

/** What is known of a resource while others are resolved. */
export interface KnownResource {
  readonly physicalId: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export function stackArn(name: string): string {
  return `arn:aws:cloudformation:${REGION}:${ACCOUNT_ID}:stack/${name}/${randomUUID()}`;
}

/** The values of a template's parameters, defaults filled in; wrong, missing and superfluous ones refused. */
export function parameterValues(
  template: Template,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const superfluous = Object.keys(given).filter((name) => !(name in template.parameters));
  if (superfluous.length > 0) {
    throw new AwsError(
      'ValidationError',
      `Parameters: [${superfluous.join(', ')}] do not exist in the template`,
    );
  }
  const values: Record<string, string> = {};
  const missing: string[] = [];
  for (const [name, { type, default: fallback, allowedValues }] of Object.entries(template.parameters)) {
    const value = given[name] ?? fallback;
    if (value === undefined) {
      missing.push(name);
      continue;
    }
    if (allowedValues !== undefined && !allowedValues.includes(value)) {
      throw new AwsError('ValidationError', `Parameter '${name}' must be one of AllowedValues`);
    }
    if (type === 'Number' && !Number.isFinite(Number(value))) {
      throw new AwsError('ValidationError', `Parameter '${name}' must be a number.`);
    }
    values[name] = value;
  }
  if (missing.length > 0)
    throw new AwsError('ValidationError', `Parameters: [${missing.join(', ')}] must have values`);
  return values;
}

/** The scope of one stack: its parameters, the pseudo parameters, and what is known of its resources. */
export function stackScope(
  template: Template,
  stack: StackName,
  parameters: Readonly<Record<string, string>>,
  known: (logicalId: string) => KnownResource | undefined,
): Scope {
  const pseudo: Readonly<Record<string, string>> = {
    'AWS::AccountId': ACCOUNT_ID,
    'AWS::Region': REGION,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': stack.name,
    'AWS::StackId': stack.id,
  };
  const ofParameter = (name: string): Json | undefined => {
    const value = parameters[name];
    return template.parameters[name]?.type === 'CommaDelimitedList'
      ? value?.split(',').map((item) => item.trim())
      : value;
  };
  const scope: Scope = {
    mappings: template.mappings,
    ref: (name) => pseudo[name] ?? ofParameter(name) ?? known(name)?.physicalId,
    attribute(logicalId, name) {
      const resource = known(logicalId);
      const value = resource?.attributes[name];
      if (value !== undefined) return value;
      throw formatError(
        resource === undefined
          ? `Unresolved resource dependencies [${logicalId}] in the Resources block of the template`
          : `Requested attribute ${name} does not exist in schema for ${template.resources[logicalId]?.type} (${logicalId})`,
      );
    },
    condition(name) {
      const condition = template.conditions[name];
      if (condition === undefined)
        throw formatError(`Unresolved condition dependency ${name} in the template`);
      return evaluate(condition, scope);
    },
  };
  return scope;
}

/** The resources that the template's conditions let into the stack. */
export function wantedResources(template: Template, scope: Scope): string[] {
  return Object.entries(template.resources)
    .filter(([, { condition }]) => condition === undefined || scope.condition(condition))
    .map(([id]) => id);
}
