import { omitUndefined } from '../../../protocol/fields.ts';
import { isObject, type Json, type JsonObject } from '../../json.ts';
import { formatError, functionError, validationError } from '../errors.ts';
import { parseBody } from './body.ts';
import { readParameter, type TemplateParameter } from './parameters.ts';

export interface TemplateResource {
  readonly type: string;
  readonly properties: JsonObject;
  readonly metadata?: JsonObject;
  readonly dependsOn: readonly string[];
  readonly condition?: string;
  readonly deletionPolicy: DeletionPolicy;
  readonly updateReplacePolicy: 'Delete' | 'Retain';
}

export type DeletionPolicy = 'Delete' | 'Retain' | 'RetainExceptOnCreate';

interface TemplateOutput {
  readonly value: Json;
  readonly description?: string;
  readonly exportName?: Json;
  readonly condition?: string;
}

export interface Template {
  readonly version?: string;
  readonly description?: string;
  readonly metadata?: JsonObject;
  readonly parameters: ReadonlyMap<string, TemplateParameter>;
  readonly mappings: JsonObject;
  readonly conditions: ReadonlyMap<string, Json>;
  readonly resources: ReadonlyMap<string, TemplateResource>;
  readonly outputs: ReadonlyMap<string, TemplateOutput>;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const LIMITS = { Parameters: 200, Resources: 500, Outputs: 200, Mappings: 200 } as const;

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
const SECTIONS_NOT_DONE = ['Transform', 'Rules', 'Hooks'];
const RESOURCE_MEMBERS = [
  'Type',
  'Properties',
  'DependsOn',
  'Condition',
  'DeletionPolicy',
  'UpdateReplacePolicy',
  'Metadata',
];
const RESOURCE_MEMBERS_NOT_DONE = ['CreationPolicy', 'UpdatePolicy'];
const OUTPUT_MEMBERS = ['Value', 'Description', 'Condition', 'Export'];

/**
 * Reads the sections of a template in JSON or YAML. `checkNames` checks its names.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
 */
function readTemplate(body: string): Template {
  const parsed = parseBody(body);
  refuseUnknown(parsed, SECTIONS, SECTIONS_NOT_DONE, 'Invalid template property or properties');
  const { AWSTemplateFormatVersion: version, Description: description, Metadata: metadata } = parsed;
  if (version !== undefined && version !== '2010-09-09') {
    throw formatError(`${String(version)} is not a supported value for AWSTemplateFormatVersion.`);
  }
  if (description !== undefined && typeof description !== 'string') {
    throw formatError('Every Description member must be a string.');
  }
  if (description !== undefined && Buffer.byteLength(description) > 1024) {
    throw formatError("'Description' length is greater than 1024.");
  }
  const resources = section(parsed, 'Resources', readResource);
  if (resources.size === 0) throw formatError('At least one Resources member must be defined.');
  return {
    ...omitUndefined({ version, description }),
    ...(isObject(metadata) ? { metadata } : {}),
    parameters: section(parsed, 'Parameters', (name, value) => readParameter(name, object(value, name))),
    mappings: Object.fromEntries(section(parsed, 'Mappings', readMapping)),
    conditions: section(parsed, 'Conditions', (_name, value) => value),
    resources,
    outputs: section(parsed, 'Outputs', readOutput),
  };
}

function section<T>(
  template: JsonObject,
  name: keyof typeof LIMITS | 'Conditions',
  read: (name: string, value: Json) => T,
): Map<string, T> {
  const entries = Object.entries(object(template[name] ?? {}, name));
  const limit = name === 'Conditions' ? Number.POSITIVE_INFINITY : LIMITS[name];
  if (entries.length > limit) {
    throw formatError(
      `Number of ${name.toLowerCase()}, ${entries.length}, is greater than maximum allowed, ${limit}`,
    );
  }
  return new Map(
    entries.map(([id, value]) => {
      if (/^[A-Za-z0-9]{1,255}$/.test(id)) return [id, read(id, value)];
      throw formatError(`${name.slice(0, -1)} name ${id} is non alphanumeric.`);
    }),
  );
}

function readResource(id: string, value: Json): TemplateResource {
  const resource = object(value, `Resources/${id}`);
  refuseUnknown(resource, RESOURCE_MEMBERS, RESOURCE_MEMBERS_NOT_DONE, 'Invalid template resource property');
  const { Type: type, Properties: properties = {}, Metadata: metadata, Condition: condition } = resource;
  if (typeof type !== 'string') {
    throw formatError(`[/Resources/${id}] Every Resources object must contain a Type member.`);
  }
  const deletionPolicy = policy(id, type, resource.DeletionPolicy, 'deletion policy');
  const updateReplacePolicy = policy(id, type, resource.UpdateReplacePolicy, 'update replace policy');
  if (updateReplacePolicy === 'RetainExceptOnCreate') {
    throw functionError(`resource type ${type} does not support update replace policy RetainExceptOnCreate`);
  }
  return {
    type,
    properties: object(properties, `Resources/${id}/Properties`),
    dependsOn: dependsOn(id, resource.DependsOn),
    deletionPolicy,
    updateReplacePolicy,
    ...(metadata === undefined ? {} : { metadata: object(metadata, `Resources/${id}/Metadata`) }),
    ...conditionOf(condition, `Resources/${id}`),
  };
}

function dependsOn(id: string, value: Json = []): string[] {
  const names = Array.isArray(value) ? value : [value];
  return names.map((name) => {
    if (typeof name === 'string') return name;
    throw formatError(
      `[/Resources/${id}/DependsOn] Every DependsOn value must be a string or a list of strings.`,
    );
  });
}

function policy(id: string, type: string, value: Json = 'Delete', kind: string): DeletionPolicy {
  if (value === 'Delete' || value === 'Retain' || value === 'RetainExceptOnCreate') return value;
  if (value === 'Snapshot') {
    throw functionError(`resource type ${type} does not support ${kind} Snapshot`);
  }
  throw functionError(`unrecognized ${kind} ${JSON.stringify(value)} of resource ${id}`);
}

function conditionOf(value: Json | undefined, where: string): { condition?: string } {
  if (value === undefined) return {};
  if (typeof value === 'string') return { condition: value };
  throw formatError(`[/${where}/Condition] Every Condition member must be a string.`);
}

function readOutput(name: string, value: Json): TemplateOutput {
  const where = `Outputs/${name}`;
  const output = object(value, where);
  refuseUnknown(output, OUTPUT_MEMBERS, [], 'Invalid template output property');
  const { Value: result, Description: description, Condition: condition, Export: exported } = output;
  if (result === undefined || result === null) {
    throw formatError(`[/${where}] Every Outputs member must contain a Value object`);
  }
  if (description !== undefined && typeof description !== 'string') {
    throw formatError(`[/${where}/Description] Every Description member must be a string.`);
  }
  const exportName = exported === undefined ? undefined : object(exported, `${where}/Export`).Name;
  if (exported !== undefined && exportName === undefined) {
    throw formatError(`[/${where}/Export] Every Export member must contain a Name.`);
  }
  return {
    value: result,
    ...omitUndefined({ description, exportName }),
    ...conditionOf(condition, where),
  };
}

function readMapping(name: string, value: Json): JsonObject {
  const mapping = object(value, `Mappings/${name}`);
  for (const [key, attributes] of Object.entries(mapping)) object(attributes, `Mappings/${name}/${key}`);
  return mapping;
}

function refuseUnknown(
  value: JsonObject,
  known: readonly string[],
  notSupported: readonly string[],
  words: string,
): void {
  const unknown = Object.keys(value).filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  const aside = unknown.some((name) => notSupported.includes(name))
    ? ' (not supported by the embedded cloud)'
    : '';
  throw validationError(`${words} [${unknown.join(', ')}]${aside}`);
}

function object(value: Json, where: string): JsonObject {
  if (isObject(value)) return value;
  throw formatError(`[/${where}] must be a JSON object.`);
}

/** The last templates by their text, because describing a stack parses its template every time. */
const known = new Map<string, Template>();
const KNOWN = 16;

/** Parses a template, or returns it from the cache. */
export function parseTemplate(body: string): Template {
  const found = known.get(body);
  if (found !== undefined) return found;
  const template = readTemplate(body);
  const [oldest] = known.keys();
  if (known.size >= KNOWN && oldest !== undefined) known.delete(oldest);
  known.set(body, template);
  return template;
}
