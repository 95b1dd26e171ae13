import { omitUndefined } from '../../../protocol/fields.ts';
import { changed, flag, list, oneOf, required, structure, tags, text, withDefault } from '../../shape.ts';
import { AwsError } from '../../wire/errors.ts';
import type { DistributionConfig, OriginConfig } from '../model.ts';
import { cacheBehavior, defaultBehavior } from './behavior-config.ts';
import { inert, invalidArgument, name, off, upTo, within } from './shapes.ts';
import { alias, certificate, viewerNames } from './viewer-certificate.ts';

const s3Origin = structure({
  OriginAccessIdentity: inert(''),
  OriginReadTimeout: withDefault(within(1, 120), 30),
});

/**
 * An S3 origin.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-cloudfront-distribution-origin.html
 */
const origin = changed(
  structure(
    {
      ConnectionAttempts: within(1, 3),
      ConnectionTimeout: within(1, 10),
      DomainName: required(name),
      Id: required(name),
      OriginAccessControlId: text(),
      OriginPath: withDefault(changed(text(), checkPath), ''),
      OriginShield: structure({ Enabled: required(off), OriginShieldRegion: text() }),
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
  structure({ Bucket: required(name), IncludeCookies: off, Prefix: withDefault(text(), '') }),
  ({ Bucket, Prefix }) => ({ bucketHost: Bucket, prefix: Prefix }),
);

const aliases = upTo(
  100,
  list(alias),
  'TooManyDistributionCNAMEs',
  'Your request contains more CNAMEs than are allowed per distribution.',
);

const behaviors = upTo(
  75,
  list(cacheBehavior),
  'TooManyCacheBehaviors',
  'You cannot create more cache behaviors for the distribution.',
);

const origins = upTo(
  100,
  list(origin),
  'TooManyOrigins',
  'You cannot create more origins for the distribution.',
);

/** Nothing is cached here, errors included. */
const errorResponse = structure(
  {
    ErrorCode: required(oneOf([400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504])),
    ErrorCachingMinTTL: inert(0),
  },
  { notSupported: ['ResponseCode', 'ResponsePagePath'] },
);

const config = changed(
  structure(
    {
      Aliases: withDefault(aliases, []),
      CacheBehaviors: withDefault(behaviors, []),
      Comment: text(),
      CustomErrorResponses: list(errorResponse),
      DefaultCacheBehavior: required(defaultBehavior),
      DefaultRootObject: inert(''),
      Enabled: required(flag()),
      HttpVersion: oneOf(['http1.1', 'http2', 'http3', 'http2and3']),
      IPV6Enabled: flag(),
      Logging: logging,
      OriginGroups: inert([]),
      Origins: required(origins),
      PriceClass: oneOf(['PriceClass_100', 'PriceClass_200', 'PriceClass_All', 'None']),
      Restrictions: inert({ GeoRestriction: { RestrictionType: 'none' } }),
      Staging: off,
      ViewerCertificate: certificate,
      WebACLId: inert(''),
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
  structure({ DistributionConfig: required(config), Tags: tags() }),
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
