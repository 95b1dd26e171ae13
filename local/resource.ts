import { hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { asJson, type JsonObject } from './json.ts';

/** The request of the CloudFormation engine to create a resource. Intrinsic functions in properties are resolved. */
export interface CreateRequest {
  readonly stackName: string;
  readonly logicalId: string;
  /**
   * 20 random characters of [a-z0-9], recorded before the call. Generated physical ids derive from it, so that a request
   * repeated after a crash finds the resource of the first one.
   */
  readonly suffix: string;
  readonly properties: JsonObject;
  /** The resource's `Metadata` in the template. */
  readonly metadata?: JsonObject | undefined;
  /** Tags of the stack, which resources with tags get too. */
  readonly stackTags?: Readonly<Record<string, string>>;
}

export interface UpdateRequest {
  readonly physicalId: string;
  readonly properties: JsonObject;
  readonly metadata?: JsonObject | undefined;
  readonly stackTags?: Readonly<Record<string, string>>;
  readonly previous: JsonObject;
}

/** The values of `Ref` (`physicalId`) and `Fn::GetAtt` (`attributes`; nested names have dots, such as `Endpoint.Port`). */
export interface ResourceState {
  readonly physicalId: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/**
 * One CloudFormation resource type of a service. A refusal is an `AwsError` with AWS's code and message, which become the
 * event's reason. An unknown property is refused by name.
 */
export interface ResourceHandler {
  readonly type: string;
  /** Top-level properties whose change replaces the resource, from its page in the CloudFormation reference. */
  readonly replaceOn: readonly string[];
  create(request: CreateRequest): Promise<ResourceState>;
  /** Returns the existing resource with the name in the properties, for `ImportExistingResources`. */
  existing?(properties: JsonObject): ResourceState | undefined;
  update(request: UpdateRequest): Promise<ResourceState>;
  /**
   * Returns the actual values of the given properties, for drift detection; `undefined` if the resource was deleted. Absent
   * for types without drift detection.
   */
  actual?(physicalId: string, properties: JsonObject): JsonObject | undefined;
  /** Succeeds if the resource does not exist. */
  delete(physicalId: string, properties: JsonObject): Promise<void>;
}

/**
 * Returns a generated name, `<stack>-<logical id>-<random>`. The stack's name and the logical id are cut to fit `max`
 * characters.
 */
export function generatedName({ stackName, logicalId, suffix }: CreateRequest, max: number): string {
  const random = suffix.slice(0, 12);
  const room = max - random.length - 2;
  const logical = logicalId.slice(0, Math.max(room - stackName.length, Math.ceil(room / 2)));
  return `${stackName.slice(0, room - logical.length)}-${logical}-${random}`;
}

/** Returns an id in the form of a UUID, the same for the same text. */
export function uuidOf(text: string): string {
  const hex = hash('sha256', text);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

/** Returns a text that identifies a create request. A resource stores it to recognise a repeated request. */
export function creatorOf({ stackName, logicalId, suffix }: CreateRequest): string {
  return `${stackName}/${logicalId}/${suffix}`;
}

/**
 * Returns properties with the actual values of those settings that differ.
 * @param set the settings that the properties set
 */
export function actualSettings(properties: JsonObject, set: object, actual: object): JsonObject {
  const [wanted, found] = [asJson(set), asJson(actual)];
  const entries = Object.entries(properties).flatMap(([name, value]): [string, JsonObject[string]][] => {
    if (isDeepStrictEqual(wanted[name], found[name])) return [[name, value]];
    return found[name] === undefined ? [] : [[name, found[name]]];
  });
  return Object.fromEntries(entries);
}
