import { omitUndefined } from '../../../protocol/omit-undefined.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { DistributionConfig, OriginConfig } from '../model.ts';
import { parseBehavior } from './behavior-config.ts';
import {
  boolean,
  checkProperties,
  integer,
  invalid,
  invalidArgument,
  notDone,
  objects,
  oneOf,
  optionalObject,
  optionalString,
  requiredObject,
  requiredString,
} from './properties.ts';
import { parseAliases } from './viewer-certificate.ts';

const WHERE = '#/DistributionConfig';

/** Settings whose only accepted value is the one that asks for nothing, by path below the configuration. */
const INERT: Readonly<Record<string, (value: Json) => boolean>> = {
  CustomErrorResponses: isEmpty,
  DefaultRootObject: (value) => value === '',
  OriginGroups: isEmpty,
  Restrictions: (value) => JSON.stringify(value) === '{"GeoRestriction":{"RestrictionType":"none"}}',
  Staging: (value) => value === false || value === 'false',
  WebACLId: (value) => value === '',
};

/**
 * Checks a distribution's properties and takes out what the data plane works by.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-cloudfront-distribution.html
 */
export function parseDistribution(properties: JsonObject): DistributionConfig {
  checkProperties(properties, '#', { done: ['DistributionConfig', 'Tags'] });
  const config = requiredObject(properties.DistributionConfig, WHERE);
  checkProperties(config, WHERE, {
    done: [
      'Aliases',
      'CacheBehaviors',
      'Comment',
      'DefaultCacheBehavior',
      'Enabled',
      'HttpVersion',
      'IPV6Enabled',
      'Logging',
      'Origins',
      'PriceClass',
      'ViewerCertificate',
      ...Object.keys(INERT),
    ],
    notDone: [
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
  });
  for (const [name, asksForNothing] of Object.entries(INERT)) {
    const value = config[name];
    if (value !== undefined && !asksForNothing(value)) throw notDone(`${WHERE}/${name}`);
  }
  optionalString(config.Comment, `${WHERE}/Comment`);
  boolean(config.IPV6Enabled, true, `${WHERE}/IPV6Enabled`);
  oneOf(config.HttpVersion ?? 'http1.1', ['http1.1', 'http2', 'http3', 'http2and3'], `${WHERE}/HttpVersion`);
  oneOf(
    config.PriceClass ?? 'PriceClass_All',
    ['PriceClass_100', 'PriceClass_200', 'PriceClass_All', 'None'],
    `${WHERE}/PriceClass`,
  );
  if (config.Enabled === undefined)
    throw invalid(`Properties validation failed: ${WHERE}/Enabled: required key not found`);

  const { aliases, tls13Only } = parseAliases(config, WHERE);
  const logging = parseLogging(config.Logging, `${WHERE}/Logging`);
  const origins = objects(config.Origins, `${WHERE}/Origins`).map((origin, index) =>
    parseOrigin(origin, `${WHERE}/Origins/${index}`),
  );
  const behaviors = objects(config.CacheBehaviors, `${WHERE}/CacheBehaviors`).map((behavior, index) => {
    const where = `${WHERE}/CacheBehaviors/${index}`;
    return {
      ...parseBehavior(behavior, where, ['PathPattern']),
      pathPattern: requiredString(behavior.PathPattern, `${where}/PathPattern`),
    };
  });
  const defaultWhere = `${WHERE}/DefaultCacheBehavior`;
  const defaultBehavior = parseBehavior(
    requiredObject(config.DefaultCacheBehavior, defaultWhere),
    defaultWhere,
    [],
  );
  checkReferences(origins, [defaultBehavior, ...behaviors]);
  return {
    enabled: boolean(config.Enabled, true, `${WHERE}/Enabled`),
    ...(aliases.length === 0 ? {} : { aliases }),
    ...(tls13Only ? { tls13Only } : {}),
    ...omitUndefined({ logging }),
    origins,
    defaultBehavior,
    behaviors,
  };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-cloudfront-distribution-logging.html */
function parseLogging(value: Json | undefined, where: string): DistributionConfig['logging'] {
  const logging = optionalObject(value, where);
  if (logging === undefined) return undefined;
  checkProperties(logging, where, { done: ['Bucket', 'IncludeCookies', 'Prefix'] });
  if (boolean(logging.IncludeCookies, false, `${where}/IncludeCookies`))
    throw notDone(`${where}/IncludeCookies`);
  return {
    bucketHost: requiredString(logging.Bucket, `${where}/Bucket`),
    prefix: optionalString(logging.Prefix, `${where}/Prefix`) ?? '',
  };
}

function parseOrigin(origin: JsonObject, where: string): OriginConfig {
  checkProperties(origin, where, {
    done: [
      'ConnectionAttempts',
      'ConnectionTimeout',
      'DomainName',
      'Id',
      'OriginAccessControlId',
      'OriginPath',
      'OriginShield',
      'S3OriginConfig',
    ],
    notDone: ['CustomOriginConfig', 'OriginCustomHeaders', 'ResponseCompletionTimeout', 'VpcOriginConfig'],
  });
  integer(origin.ConnectionAttempts, { min: 1, max: 3, otherwise: 3 }, `${where}/ConnectionAttempts`);
  integer(origin.ConnectionTimeout, { min: 1, max: 10, otherwise: 10 }, `${where}/ConnectionTimeout`);
  const shield = optionalObject(origin.OriginShield, `${where}/OriginShield`);
  if (shield !== undefined && boolean(shield.Enabled, true, `${where}/OriginShield/Enabled`)) {
    throw notDone(`${where}/OriginShield`);
  }
  const s3 = requiredObject(origin.S3OriginConfig, `${where}/S3OriginConfig`);
  checkProperties(s3, `${where}/S3OriginConfig`, { done: ['OriginAccessIdentity', 'OriginReadTimeout'] });
  if (
    (optionalString(s3.OriginAccessIdentity, `${where}/S3OriginConfig/OriginAccessIdentity`) ?? '') !== ''
  ) {
    throw notDone(`${where}/S3OriginConfig/OriginAccessIdentity (use an origin access control)`);
  }
  const path = optionalString(origin.OriginPath, `${where}/OriginPath`) ?? '';
  if (path !== '' && !/^\/.*[^/]$/.test(path)) {
    throw invalidArgument('The parameter OriginPath must begin with a slash and must not end with one.');
  }
  const accessControlId =
    optionalString(origin.OriginAccessControlId, `${where}/OriginAccessControlId`) ?? '';
  return {
    id: requiredString(origin.Id, `${where}/Id`),
    domainName: requiredString(origin.DomainName, `${where}/DomainName`),
    path,
    ...(accessControlId === '' ? {} : { accessControlId }),
    readTimeoutSeconds: integer(
      s3.OriginReadTimeout,
      { min: 1, max: 120, otherwise: 30 },
      `${where}/S3OriginConfig/OriginReadTimeout`,
    ),
  };
}

function checkReferences(
  origins: readonly OriginConfig[],
  behaviors: readonly { readonly targetOriginId: string }[],
): void {
  const ids = origins.map(({ id }) => id);
  if (new Set(ids).size !== ids.length) throw invalidArgument('The parameter Origin Id is not unique.');
  if (behaviors.some(({ targetOriginId }) => !ids.includes(targetOriginId))) {
    throw invalid('One or more of your cache behavior target origins or origin groups do not exist.');
  }
}

function isEmpty(value: Json): boolean {
  return Array.isArray(value) && value.length === 0;
}
