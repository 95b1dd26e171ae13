import type { JsonObject } from './json.ts';

/** What the CloudFormation engine asks of a service for one resource. Properties come with every intrinsic resolved. */
export interface CreateRequest {
  readonly stackName: string;
  readonly logicalId: string;
  /**
   * 20 random characters of [a-z0-9], kept by the engine before the call. Physical ids that AWS would generate are made
   * from it, so that a create repeated after a crash finds what the first try made instead of making a second one.
   */
  readonly suffix: string;
  readonly properties: JsonObject;
  /** The resource's `Metadata` as the template has it. */
  readonly metadata?: JsonObject | undefined;
  /** Of the stack, which resources with tags get beside their own. */
  readonly stackTags?: Readonly<Record<string, string>>;
}

export interface UpdateRequest {
  readonly physicalId: string;
  readonly properties: JsonObject;
  readonly metadata?: JsonObject | undefined;
  readonly stackTags?: Readonly<Record<string, string>>;
  readonly previous: JsonObject;
}

/** What `Ref` gives (`physicalId`) and what `Fn::GetAtt` gives (`attributes`, nested names with dots, e.g. `Endpoint.Port`). */
export interface ResourceState {
  readonly physicalId: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/**
 * One CloudFormation resource type, served by the room that owns the service. A refusal is thrown as `AwsError` with
 * AWS's own code and message: it becomes the event's reason. An unknown property is refused by name.
 */
export interface ResourceHandler {
  readonly type: string;
  /** Top-level properties whose change replaces the resource, from its page in the CloudFormation reference. */
  readonly replaceOn: readonly string[];
  create(request: CreateRequest): Promise<ResourceState>;
  /** The resource that exists already under the name that its properties give, for `ImportExistingResources`. */
  existing?(properties: JsonObject): ResourceState | undefined;
  update(request: UpdateRequest): Promise<ResourceState>;
  /** Deleting what is already gone succeeds. */
  delete(physicalId: string, properties: JsonObject): Promise<void>;
}

/**
 * Returns a name as CloudFormation generates it, `<stack>-<logical id>-<random>`. The stack and the logical id are cut to
 * fit `max` characters.
 */
export function generatedName({ stackName, logicalId, suffix }: CreateRequest, max: number): string {
  const random = suffix.slice(0, 12);
  const room = max - random.length - 2;
  const logical = logicalId.slice(0, Math.max(room - stackName.length, Math.ceil(room / 2)));
  return `${stackName.slice(0, room - logical.length)}-${logical}-${random}`;
}

/** Returns what a resource keeps to find that a repeated create request has made it. */
export function creatorOf({ stackName, logicalId, suffix }: CreateRequest): string {
  return `${stackName}/${logicalId}/${suffix}`;
}
