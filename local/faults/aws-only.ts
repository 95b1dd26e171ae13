import { omitUndefined } from '../../protocol/fields.ts';
import { isObject, type JsonObject } from '../json.ts';
import { type ResourceHandler, uuidOf } from '../resource.ts';
import { oneOf, readProperties, required, structure, tags, text } from '../shape.ts';
import { AwsError } from '../wire/errors.ts';

/*
 * What stacks on AWS can contain, and stacks of the embedded cloud only with the fault `awsOnly`: web ACLs, encryption with
 * KMS keys, and scans by GuardDuty. It has no effect, but options with it can be deployed, changed, unset and destroyed.
 */

/** Returns the properties of a resource without those that the embedded cloud lacks, and these. */
type Split = (properties: JsonObject) => readonly [known: JsonObject, inert: JsonObject];

const SPLITS: Readonly<Record<string, Split>> = {
  'AWS::CloudFront::Distribution': ({ DistributionConfig, ...rest }) => {
    if (!isObject(DistributionConfig))
      return [{ DistributionConfig: DistributionConfig ?? null, ...rest }, {}];
    const { WebACLId, ...config } = DistributionConfig;
    return [{ ...rest, DistributionConfig: config }, omitUndefined({ WebACLId })];
  },
  'AWS::S3::Bucket': ({ BucketEncryption, ...rest }) => [rest, omitUndefined({ BucketEncryption })],
};

/** Returns a handler that accepts the properties that the embedded cloud lacks. They do not drift. */
export function withInertProperties(handler: ResourceHandler): ResourceHandler {
  const split = SPLITS[handler.type];
  if (split === undefined) return handler;
  const known = (properties: JsonObject) => split(properties)[0];
  return {
    type: handler.type,
    replaceOn: handler.replaceOn,
    create: (request) => handler.create({ ...request, properties: known(request.properties) }),
    update: (request) =>
      handler.update({
        ...request,
        properties: known(request.properties),
        previous: known(request.previous),
      }),
    existing: (properties) => handler.existing?.(known(properties)),
    actual(physicalId, properties) {
      const [given, inert] = split(properties);
      const actual = handler.actual?.(physicalId, given);
      if (!isObject(actual?.DistributionConfig)) return actual && { ...actual, ...inert };
      return { ...actual, DistributionConfig: { ...actual.DistributionConfig, ...inert } };
    },
    delete: (physicalId, properties) => handler.delete(physicalId, known(properties)),
  };
}

const planProperties = structure({
  Role: required(text()),
  ProtectedResource: required(structure({ S3Bucket: required(structure({ BucketName: required(text()) })) })),
  Actions: structure({ Tagging: structure({ Status: oneOf(['ENABLED', 'DISABLED']) }) }),
  Tags: tags(),
});

const GUARDDUTY = 'malware-protection-plan.guardduty.amazonaws.com';

/**
 * `AWS::GuardDuty::MalwareProtectionPlan`. Like GuardDuty, it needs the role when the plan is created, and also when it is
 * deleted: the role removes the rule of EventBridge.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-guardduty-malwareprotectionplan.html
 */
export function malwareProtectionPlan(
  trustedServices: (roleArn: string) => readonly string[] | undefined,
): ResourceHandler {
  const requireRole = (properties: JsonObject) => {
    const { Role } = readProperties(planProperties, properties);
    if (trustedServices(Role)?.includes(GUARDDUTY)) return;
    throw new AwsError(
      'BadRequestException',
      'The request was rejected because provided IAM role does not have the required permissions to validate S3 bucket ownership.',
    );
  };
  return {
    type: 'AWS::GuardDuty::MalwareProtectionPlan',
    replaceOn: [],
    async create({ properties, suffix }) {
      requireRole(properties);
      return { physicalId: uuidOf(suffix).replaceAll('-', ''), attributes: {} };
    },
    async update({ physicalId, properties }) {
      requireRole(properties);
      return { physicalId, attributes: {} };
    },
    async delete(_physicalId, properties) {
      requireRole(properties);
    },
  };
}
