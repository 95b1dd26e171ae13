import { omitUndefined } from '../../../protocol/fields.ts';
import { changed, flag, list, oneOf, optional, required, structure, tags, text } from '../../shape.ts';
import { AwsError } from '../../wire/errors.ts';
import type { DistributionConfig, OriginConfig } from '../model.ts';
import { cacheBehavior, defaultBehavior } from './behavior-config.ts';
import { inert, invalidArgument, name, off, within } from './shapes.ts';
import { alias, certificate, viewerNames } from './viewer-certificate.ts';

const s3Origin = structure({
  OriginAccessIdentity: optional(inert('')),
  OriginReadTimeout: optional(within(1, 120), 30),
});

/**
 * An S3 origin.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-cloudfront-distribution-origin.html
 */
const origin = changed(
  structure(
    {
      ConnectionAttempts: optional(within(1, 3)),
      ConnectionTimeout: optional(within(1, 10)),
      DomainName: required(name),
      Id: required(name),
      OriginAccessControlId: optional(text()),
      OriginPath: optional(changed(text(), checkPath), ''),
      OriginShield: optional(structure({ Enabled: required(off), OriginShieldRegion: optional(text()) })),
      S3OriginConfig: required(s3Origin),
    },
    {
      notSupported: [
        'CustomOriginConfig',
        'OriginCustomHeaders',
        'ResponseCompletionTimeout',
        'VpcOriginConfig',
      ],
    },
  ),
  (given): OriginConfig => ({
    id: given.Id,
    domainName: given.DomainName,
    path: given.OriginPath,
    ...omitUndefined({ accessControlId: given.OriginAccessControlId || undefined }),
    readTimeoutSeconds: given.S3OriginConfig.OriginReadTimeout,
  }),
);

function checkPath(path: string): string {
  if (path === '' || /^\/.*[^/]$/.test(path)) return path;
  throw invalidArgument('The parameter OriginPath must begin with a slash and must not end with one.');
}

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
