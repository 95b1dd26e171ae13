import { omitUndefined } from '../../../protocol/omit-undefined.ts';
import { changed, flag, list, oneOf, optional, required, structure, tags, text } from '../../shape.ts';
import { AwsError } from '../../wire/errors.ts';
import type { DistributionConfig, OriginConfig } from '../model.ts';
import { cacheBehavior, defaultBehavior } from './behavior-config.ts';
import { origin } from './origin-config.ts';
import { inert, invalidArgument, name, off } from './shapes.ts';
import { alias, certificate, viewerNames } from './viewer-certificate.ts';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-cloudfront-distribution-logging.html */
const logging = changed(
  structure({ Bucket: required(name), IncludeCookies: optional(off), Prefix: optional(text(), '') }),
  ({ Bucket, Prefix }) => ({ bucketHost: Bucket, prefix: Prefix }),
);

const config = changed(
  structure(
    {
      Aliases: optional(list(alias), []),
      CacheBehaviors: optional(list(cacheBehavior), []),
      Comment: optional(text()),
      CustomErrorResponses: optional(inert([])),
      DefaultCacheBehavior: required(defaultBehavior),
      DefaultRootObject: optional(inert('')),
      Enabled: required(flag()),
      HttpVersion: optional(oneOf(['http1.1', 'http2', 'http3', 'http2and3'])),
      IPV6Enabled: optional(flag()),
      Logging: optional(logging),
      OriginGroups: optional(inert([])),
      Origins: required(list(origin)),
      PriceClass: optional(oneOf(['PriceClass_100', 'PriceClass_200', 'PriceClass_All', 'None'])),
      Restrictions: optional(inert({ GeoRestriction: { RestrictionType: 'none' } })),
      Staging: optional(off),
      ViewerCertificate: optional(certificate),
      WebACLId: optional(inert('')),
    },
    {
      notSupported: [
        'AnycastIpListId',
        'CNAMEs',
        'CacheTagConfig',
        'ConnectionFunctionAssociation',
        'ConnectionMode',
        'ContinuousDeploymentPolicyId',
        'CustomOrigin',
        'S3Origin',
        'TenantConfig',
        'ViewerMtlsConfig',
      ],
    },
  ),
  (given): DistributionConfig => {
    const behaviors = given.CacheBehaviors;
    checkReferences(given.Origins, [given.DefaultCacheBehavior, ...behaviors]);
    return {
      enabled: given.Enabled,
      ...viewerNames(given.Aliases, given.ViewerCertificate),
      ...omitUndefined({ logging: given.Logging }),
      origins: given.Origins,
      defaultBehavior: given.DefaultCacheBehavior,
      behaviors,
    };
  },
);

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudfront-distribution.html */
export const distributionProperties = changed(
  structure({ DistributionConfig: required(config), Tags: optional(tags()) }),
  ({ DistributionConfig }) => DistributionConfig,
);

function checkReferences(
  origins: readonly OriginConfig[],
  behaviors: readonly { readonly targetOriginId: string }[],
): void {
  const ids = origins.map(({ id }) => id);
  if (new Set(ids).size !== ids.length) throw invalidArgument('The parameter Origin Id is not unique.');
  if (behaviors.every(({ targetOriginId }) => ids.includes(targetOriginId))) return;
  throw new AwsError(
    'InvalidRequest',
    'One or more of your cache behavior target origins or origin groups do not exist.',
  );
}
