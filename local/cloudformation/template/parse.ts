import type { Json, JsonObject } from '../../json.ts';
import { AwsError } from '../../wire/errors.ts';

export interface TemplateResource {
  readonly type: string;
  readonly properties: JsonObject;
  readonly dependsOn: readonly string[];
  readonly condition?: string;
  readonly deletionPolicy: DeletionPolicy;
  readonly updateReplacePolicy: DeletionPolicy;
}

export type DeletionPolicy = 'Delete' | 'Retain' | 'RetainExceptOnCreate';

export interface TemplateOutput {
  readonly value: Json;
  readonly description?: string;
  readonly exportName?: Json;
  readonly condition?: string;
}

export interface TemplateParameter {
  readonly type: string;
  readonly default?: string;
  readonly allowedValues?: readonly string[];
  readonly noEcho: boolean;
}

export interface Template {
  readonly description?: string;
  readonly parameters: Readonly<Record<string, TemplateParameter>>;
  readonly mappings: JsonObject;
  readonly conditions: JsonObject;
  readonly resources: Readonly<Record<string, TemplateResource>>;
  readonly outputs: Readonly<Record<string, TemplateOutput>>;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const MAX_BODY_BYTES = 51_200;

const SECTIONS = [
  'AWSTemplateFormatVersion',
  'Description',
  'Metadata',
  'Parameters',
  'Mappings',
  'Conditions',
  'Resources',
  'Outputs',
];
const RESOURCE_MEMBERS = [
  'Type',
  'Properties',
  'DependsOn',
  'Condition',
  'DeletionPolicy',
  'UpdateReplacePolicy',
  'Metadata',
  'CreationPolicy',
  'UpdatePolicy',
];

export function formatError(message: string): AwsError {
  return new AwsError('ValidationError', `Template format error: ${message}`);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function section(template: JsonObject, name: string): JsonObject {
  const value = template[name];
  if (value === undefined) return {};
  if (isObject(value)) return value;
  throw formatError(`Every ${name} object must be a JSON object.`);
}

function known(object: JsonObject, names: readonly string[], where: string): void {
  const unknown = Object.keys(object).filter((name) => !names.includes(name));
  if (unknown.length > 0)
    throw new AwsError(
      'ValidationError',
      `Invalid template ${where} property or properties [${unknown.join(', ')}]`,
    );
}

function strings(value: Json | undefined): string[] {
  if (value === undefined) return [];
  const list = Array.isArray(value) ? value : [value];
  if (list.every((item) => typeof item === 'string')) return list;
  throw formatError('Every DependsOn value must be a string or a list of strings.');
}

function policy(value: Json | undefined, name: string, logicalId: string): DeletionPolicy {
  if (value === undefined) return 'Delete';
  if (value === 'Delete' || value === 'Retain' || value === 'RetainExceptOnCreate') return value;
  throw formatError(`Unrecognized ${name} ${JSON.stringify(value)} for resource ${logicalId}`);
}

function resource(logicalId: string, value: Json): TemplateResource {
  if (!/^[A-Za-z0-9]{1,255}$/.test(logicalId))
    throw formatError(`Resource name ${logicalId} is non alphanumeric.`);
  if (!isObject(value)) throw formatError(`Resource ${logicalId} must be an object.`);
  known(value, RESOURCE_MEMBERS, 'resource');
  const unsupported = ['CreationPolicy', 'UpdatePolicy'].find((name) => name in value);
  if (unsupported !== undefined)
    throw formatError(`${unsupported} of ${logicalId} is not supported by the embedded cloud`);
  const { Type, Properties, Condition } = value;
  if (typeof Type !== 'string')
    throw formatError(`[/Resources/${logicalId}] Every Resources object must contain a Type member.`);
  if (Properties !== undefined && !isObject(Properties))
    throw formatError(`[/Resources/${logicalId}/Properties] must be an object`);
  return {
    type: Type,
    properties: Properties ?? {},
    dependsOn: strings(value.DependsOn),
    ...(typeof Condition === 'string' ? { condition: Condition } : {}),
    deletionPolicy: policy(value.DeletionPolicy, 'DeletionPolicy', logicalId),
    updateReplacePolicy: policy(value.UpdateReplacePolicy, 'UpdateReplacePolicy', logicalId),
  };
}

function output(name: string, value: Json): TemplateOutput {
  if (!isObject(value) || value.Value === undefined) throw formatError(`Output ${name} is malformed.`);
  const { Value, Description, Condition, Export } = value;
  return {
    value: Value ?? null,
    ...(typeof Description === 'string' ? { description: Description } : {}),
    ...(typeof Condition === 'string' ? { condition: Condition } : {}),
    ...(isObject(Export) && Export.Name !== undefined ? { exportName: Export.Name } : {}),
  };
}

function parameter(name: string, value: Json): TemplateParameter {
  if (!isObject(value) || typeof value.Type !== 'string')
    throw formatError(`Every Parameters object must contain a Type member. (${name})`);
  if (!['String', 'Number', 'CommaDelimitedList'].includes(value.Type)) {
    throw formatError(`Unrecognized parameter type: ${value.Type}`);
  }
  return {
    type: value.Type,
    noEcho: value.NoEcho === true || value.NoEcho === 'true',
    ...(value.Default === undefined ? {} : { default: String(value.Default) }),
    ...(Array.isArray(value.AllowedValues) ? { allowedValues: value.AllowedValues.map(String) } : {}),
  };
}

function map<T>(object: JsonObject, each: (name: string, value: Json) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, each(name, value)]));
}

/** Reads a template: JSON, with the sections and members of https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html */
export function parseTemplate(body: string): Template {
  const bytes = Buffer.byteLength(body);
  if (bytes > MAX_BODY_BYTES) {
    throw new AwsError(
      'ValidationError',
      `1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to ${MAX_BODY_BYTES}`,
    );
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw formatError('JSON not well-formed. (The embedded cloud takes templates in JSON, not YAML.)');
  }
  if (!isObject(parsed)) throw formatError('unsupported structure.');
  known(parsed, SECTIONS, 'template');
  const resources = section(parsed, 'Resources');
  if (Object.keys(resources).length === 0)
    throw formatError('At least one Resources member must be defined.');
  return {
    ...(typeof parsed.Description === 'string' ? { description: parsed.Description } : {}),
    parameters: map(section(parsed, 'Parameters'), parameter),
    mappings: section(parsed, 'Mappings'),
    conditions: section(parsed, 'Conditions'),
    resources: map(resources, resource),
    outputs: map(section(parsed, 'Outputs'), output),
  };
}
