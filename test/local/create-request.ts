import type { JsonObject } from '../../local/json.ts';
import type { CreateRequest } from '../../local/resource.ts';

/** Returns a request of the CloudFormation engine to create a resource of the stack `stack`. */
export function createRequest(properties: JsonObject, logicalId: string): CreateRequest {
  return { stackName: 'stack', logicalId, suffix: '0123456789abcdefghij', properties };
}
