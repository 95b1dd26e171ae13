import { omitUndefined } from '../../../protocol/fields.ts';
import { own } from '../../json.ts';
import {
  changed,
  flag,
  type Infer,
  list,
  oneOf,
  required,
  structure,
  text,
  withDefault,
} from '../../shape.ts';
import { AwsError, notSupported } from '../../wire/errors.ts';
import type { BehaviorConfig } from '../model.ts';
import { CACHING_DISABLED, CACHING_POLICIES } from './origin-request-policies.ts';
import { invalidArgument, name, off } from './shapes.ts';

/**
 * The combinations of methods that CloudFront accepts. It caches responses to the first two only.
 * https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CachedMethods.html
 */
const METHOD_SETS = [
  ['GET', 'HEAD'],
  ['GET', 'HEAD', 'OPTIONS'],
  ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'],
];

const methodsOf = (sets: readonly (readonly string[])[]) =>
  changed(list(text()), (listed, place) => {
    const sorted = [...listed].sort().join();
    if (sets.some((set) => set.join() === sorted)) return listed;
    throw invalidArgument(`The parameter ${place} is not one of the sets of methods that CloudFront allows.`);
  });

const functions = changed(
  list(
    structure({
      EventType: required(
        oneOf(['viewer-request'], { notSupported: ['viewer-response', 'origin-request', 'origin-response'] }),
      ),
      IncludeBody: off,
      LambdaFunctionARN: required(name),
    }),
  ),
  (associations) => {
    if (associations.length <= 1) return associations[0]?.LambdaFunctionARN;
    throw new AwsError(
      'InvalidLambdaFunctionAssociation',
      'The specified event type is associated with more than one function in a cache behavior.',
    );
  },
);

const fields = {
  AllowedMethods: withDefault(methodsOf(METHOD_SETS), ['GET', 'HEAD']),
  CachePolicyId: text(),
  // Compression and cached methods only matter with a cache, which CachingDisabled turns off.
  CachedMethods: methodsOf(METHOD_SETS.slice(0, 2)),
  Compress: flag(),
  LambdaFunctionAssociations: functions,
  OriginRequestPolicyId: text(),
  ResponseHeadersPolicyId: text(),
  SmoothStreaming: off,
  TargetOriginId: required(name),
  ViewerProtocolPolicy: required(oneOf(['https-only', 'redirect-to-https', 'allow-all'])),
};

const rules = {
  notSupported: [
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
};

const defaultFields = structure(fields, rules);

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-cloudfront-distribution-defaultcachebehavior.html */
export const defaultBehavior = changed(defaultFields, behaviorOf);

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-cloudfront-distribution-cachebehavior.html */
export const cacheBehavior = changed(
  structure({ ...fields, PathPattern: required(name) }, rules),
  (given) => ({
    ...behaviorOf(given),
    pathPattern: given.PathPattern,
  }),
);

function behaviorOf(given: Infer<typeof defaultFields>): BehaviorConfig {
  checkCachePolicy(given.CachePolicyId);
  return {
    targetOriginId: given.TargetOriginId,
    allowedMethods: given.AllowedMethods,
    ...omitUndefined({
      originRequestPolicyId: given.OriginRequestPolicyId || undefined,
      responseHeadersPolicyId: given.ResponseHeadersPolicyId || undefined,
      viewerRequest: given.LambdaFunctionAssociations,
    }),
  };
}

function checkCachePolicy(id: string | undefined): void {
  if (id === undefined) throw invalidArgument('The parameter ForwardedValues is required.');
  if (id === CACHING_DISABLED) return;
  const policy = own(CACHING_POLICIES, id);
  if (policy !== undefined) throw notSupported(`caching (the managed cache policy ${policy})`);
  throw new AwsError('NoSuchCachePolicy', 'The specified cache policy does not exist.', 404);
}
