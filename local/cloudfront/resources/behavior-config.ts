import { omitUndefined } from '../../../protocol/omit-undefined.ts';
import type { JsonObject } from '../../json.ts';
import { AwsError } from '../../wire/errors.ts';
import type { BehaviorConfig } from '../model.ts';
import { CACHING_DISABLED, CACHING_POLICIES } from './managed-policies.ts';
import {
  boolean,
  checkProperties,
  invalidArgument,
  notDone,
  objects,
  oneOf,
  optionalString,
  requiredString,
  strings,
} from './properties.ts';

/** The only sets that CloudFront takes, in any order. */
const METHOD_SETS = [
  ['GET', 'HEAD'],
  ['GET', 'HEAD', 'OPTIONS'],
  ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'],
];

/** Checks one cache behavior; `further` names the properties that only this kind of behavior has. */
export function parseBehavior(
  behavior: JsonObject,
  where: string,
  further: readonly string[],
): BehaviorConfig {
  checkProperties(behavior, where, {
    done: [
      'AllowedMethods',
      'CachePolicyId',
      'CachedMethods',
      'Compress',
      'LambdaFunctionAssociations',
      'OriginRequestPolicyId',
      'ResponseHeadersPolicyId',
      'SmoothStreaming',
      'TargetOriginId',
      'ViewerProtocolPolicy',
      ...further,
    ],
    notDone: [
      'DefaultTTL',
      'FieldLevelEncryptionId',
      'ForwardedValues',
      'FunctionAssociations',
      'GrpcConfig',
      'MaxTTL',
      'MinTTL',
      'RealtimeLogConfigArn',
      'TrustedKeyGroups',
      'TrustedSigners',
    ],
  });
  checkCachePolicy(optionalString(behavior.CachePolicyId, `${where}/CachePolicyId`));
  // Compression and cached methods say how to fill a cache, and CachingDisabled keeps none.
  boolean(behavior.Compress, false, `${where}/Compress`);
  methods(behavior.CachedMethods, `${where}/CachedMethods`);
  if (boolean(behavior.SmoothStreaming, false, `${where}/SmoothStreaming`)) {
    throw notDone(`${where}/SmoothStreaming`);
  }
  oneOf(
    behavior.ViewerProtocolPolicy,
    ['https-only', 'redirect-to-https', 'allow-all'],
    `${where}/ViewerProtocolPolicy`,
  );
  const originRequestPolicyId = optionalString(
    behavior.OriginRequestPolicyId,
    `${where}/OriginRequestPolicyId`,
  );
  const responseHeadersPolicyId = optionalString(
    behavior.ResponseHeadersPolicyId,
    `${where}/ResponseHeadersPolicyId`,
  );
  const viewerRequest = viewerRequestFunction(behavior, `${where}/LambdaFunctionAssociations`);
  return {
    targetOriginId: requiredString(behavior.TargetOriginId, `${where}/TargetOriginId`),
    allowedMethods: methods(behavior.AllowedMethods, `${where}/AllowedMethods`),
    ...(originRequestPolicyId ? { originRequestPolicyId } : {}),
    ...(responseHeadersPolicyId ? { responseHeadersPolicyId } : {}),
    ...omitUndefined({ viewerRequest }),
  };
}

function checkCachePolicy(id: string | undefined): void {
  if (id === undefined) throw invalidArgument('The parameter ForwardedValues is required.');
  if (id === CACHING_DISABLED) return;
  const name = CACHING_POLICIES[id];
  if (name !== undefined) throw notDone(`caching (the managed cache policy ${name})`);
  throw new AwsError('NoSuchCachePolicy', 'The specified cache policy does not exist.', 404);
}

function methods(value: JsonObject[string] | undefined, where: string): string[] {
  const listed = value === undefined ? ['GET', 'HEAD'] : strings(value, where);
  const sorted = [...listed].sort().join();
  if (!METHOD_SETS.some((set) => set.join() === sorted)) {
    throw invalidArgument(`The parameter ${where} is not one of the sets of methods that CloudFront allows.`);
  }
  return listed;
}

function viewerRequestFunction(behavior: JsonObject, where: string): string | undefined {
  const associations = objects(behavior.LambdaFunctionAssociations, where);
  const types = associations.map((association, index) => {
    checkProperties(association, `${where}/${index}`, {
      done: ['EventType', 'IncludeBody', 'LambdaFunctionARN'],
    });
    if (boolean(association.IncludeBody, false, `${where}/${index}/IncludeBody`)) {
      throw notDone(`${where}/${index}/IncludeBody`);
    }
    const type = oneOf(
      association.EventType,
      ['viewer-request', 'viewer-response', 'origin-request', 'origin-response'],
      `${where}/${index}/EventType`,
    );
    if (type !== 'viewer-request') throw notDone(`Lambda@Edge functions on ${type}`);
    return type;
  });
  if (types.length > 1) {
    throw new AwsError(
      'InvalidLambdaFunctionAssociation',
      'The specified event type is associated with more than one function in a cache behavior.',
    );
  }
  const [association] = associations;
  return association && requiredString(association.LambdaFunctionARN, `${where}/0/LambdaFunctionARN`);
}
