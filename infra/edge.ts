import { createHash } from 'node:crypto';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AccessLevel,
  AllowedMethods,
  CachePolicy,
  type CfnDistribution,
  Distribution,
  type DistributionProps,
  HttpVersion,
  LambdaEdgeEventType,
  OriginRequestPolicy,
  PriceClass,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  type CfnFunction,
  Code,
  type IVersion,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
  Version,
} from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { CfnOutput, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { omitUndefined } from '../protocol/fields.ts';
import { createCorsPolicy } from './cors.ts';
import { createLogBucket } from './identity.ts';
import { type MinTls, OPTIONS_METADATA, type PriceClassName, type StackOptions } from './options.ts';

/** Seconds. CloudFront's maximum: S3 needs time to complete a large multipart upload. */
const ORIGIN_READ_TIMEOUT = 120;

const PRICE_CLASSES: Readonly<Record<PriceClassName, PriceClass>> = {
  '100': PriceClass.PRICE_CLASS_100,
  '200': PriceClass.PRICE_CLASS_200,
  all: PriceClass.PRICE_CLASS_ALL,
};

/**
 * CloudFront's security policies by the oldest TLS version:
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-viewer-protocols-ciphers.html
 */
const TLS_POLICIES: Readonly<Record<MinTls, SecurityPolicyProtocol>> = {
  '1.2': SecurityPolicyProtocol.TLS_V1_2_2025,
  '1.3': SecurityPolicyProtocol.TLS_V1_3_2025,
};

export interface EdgeProps {
  readonly bucket: IBucket;
  /** Code of the edge function. */
  readonly code: string;
  /** Key set URLs that the function can fetch. */
  readonly keySets: readonly string[];
  readonly options: StackOptions;
}

/** Returns the distribution's properties that depend on options. */
function optionalProps(scope: Construct, options: StackOptions): Partial<DistributionProps> {
  const { domain, certificateArn, minTls = '1.2', webAclArn, priceClass, accessLogs } = options;
  // A log bucket is never removed from the stack again: CloudFormation cannot delete a bucket that contains logs.
  const logBucket = accessLogs === undefined ? undefined : createLogBucket(scope, options);
  return {
    ...(domain === undefined || certificateArn === undefined
      ? {}
      : {
          domainNames: [domain],
          certificate: Certificate.fromCertificateArn(scope, 'Certificate', certificateArn),
          minimumProtocolVersion: TLS_POLICIES[minTls],
        }),
    ...omitUndefined({ webAclId: webAclArn }),
    ...(priceClass === undefined ? {} : { priceClass: PRICE_CLASSES[priceClass] }),
    ...(accessLogs && logBucket !== undefined ? { logBucket } : {}),
  };
}

/**
 * Errors of S3 and of its connection that CloudFront caches, 10 seconds by default. The cache key has no query: an error for
 * one multipart upload would be sent for another one of the same key.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/custom-error-pages-expiration.html
 */
const CACHED_ERRORS = [400, 403, 404, 500, 502, 503, 504];

/** Creates the distribution: HTTPS only, without caching. The function checks each request before its body is read. */
export function createDistribution(
  scope: Construct,
  { bucket, code, keySets, options }: EdgeProps,
): Distribution {
  const { corsOrigins } = options;
  const distribution = new Distribution(scope, 'Distribution', {
    comment: Stack.of(scope).stackName,
    httpVersion: HttpVersion.HTTP2_AND_3,
    ...optionalProps(scope, options),
    errorResponses: CACHED_ERRORS.map((httpStatus) => ({ httpStatus, ttl: Duration.seconds(0) })),
    defaultBehavior: {
      origin: S3BucketOrigin.withOriginAccessControl(bucket, { originAccessLevels: [AccessLevel.WRITE] }),
      viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
      allowedMethods: AllowedMethods.ALLOW_ALL,
      cachePolicy: CachePolicy.CACHING_DISABLED,
      originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      compress: false,
      ...(corsOrigins === undefined ? {} : { responseHeadersPolicy: createCorsPolicy(scope, corsOrigins) }),
      edgeLambdas: [
        {
          eventType: LambdaEdgeEventType.VIEWER_REQUEST,
          functionVersion: createFunction(scope, { code, keySets }),
          includeBody: false,
        },
      ],
    },
  });
  allowMultipart(bucket, distribution);
  const resource = distribution.node.defaultChild as CfnDistribution;
  resource.addPropertyOverride(
    'DistributionConfig.Origins.0.S3OriginConfig.OriginReadTimeout',
    ORIGIN_READ_TIMEOUT,
  );
  acknowledge(distribution, options);
  new CfnOutput(scope, 'CloudFrontDistributionUrl', { value: distribution.distributionDomainName });
  return distribution;
}

/**
 * Grants the multipart actions that the CDK's write access does not include.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
 */
function allowMultipart(bucket: IBucket, distribution: Distribution): void {
  bucket.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('cloudfront.amazonaws.com')],
      actions: ['s3:AbortMultipartUpload', 's3:ListBucketMultipartUploads', 's3:ListMultipartUploadParts'],
      // ListBucketMultipartUploads is an action on the bucket.
      resources: [bucket.bucketArn, bucket.arnForObjects('*')],
      conditions: { StringEquals: { 'AWS:SourceArn': distribution.distributionArn } },
    }),
  );
}

/** Gives the reasons for cdk-nag rules that the stack does not follow. */
function acknowledge(distribution: Distribution, { domain, webAclArn, accessLogs }: StackOptions): void {
  const reasons = {
    CFR1: 'Uploaders can be anywhere. Their token gives them access.',
    ...(webAclArn === undefined && { CFR2: 'A web ACL has a monthly price. It is an option.' }),
    ...(!accessLogs && {
      CFR3: 'Access logs need a second bucket, and the function logs refusals. They are an option.',
    }),
    ...(domain === undefined && {
      CFR4: 'The default certificate allows no policy but TLSv1. The command line requires TLS 1.2 or newer.',
    }),
  };
  for (const [rule, reason] of Object.entries(reasons))
    Validations.of(distribution).acknowledge({ id: `AwsSolutions-${rule}`, reason });
}

/**
 * Creates the function's role. It allows writing logs only. Replicas log in the region nearest to the viewer, to groups
 * named after the function. CloudFormation generates the function's name.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-logs.html
 */
function createRole(scope: Construct): Role {
  const { partition, account } = Stack.of(scope);
  const groups = `arn:${partition}:logs:*:${account}:log-group:/aws/lambda/us-east-1.*`;
  const role = new Role(scope, 'EdgeRole', {
    // The CDK's distribution adds edgelambda.amazonaws.com.
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    inlinePolicies: {
      Logs: new PolicyDocument({
        statements: [
          new PolicyStatement({
            actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
            resources: [groups],
          }),
        ],
      }),
    },
  });
  Validations.of(role).acknowledge({
    id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:logs:*:<AWS::AccountId>:log-group:/aws/lambda/us-east-1.*]`,
    reason:
      'Replicas log in every region, under a name that CloudFormation generates. The role allows writing logs only.',
  });
  return role;
}

/** Settings that publish a new version when they change, besides the code. */
const SETTINGS = {
  runtime: Runtime.NODEJS_24_X,
  handler: 'index.handler',
  memorySize: 128,
  timeoutSeconds: 5,
  logging: { format: LoggingFormat.JSON, application: ApplicationLogLevel.INFO, system: SystemLogLevel.WARN },
} as const;

/**
 * Returns the logical id of a version, derived from its content. Lambda publishes no new version of an unchanged
 * function, so the id must not depend on anything else. The CDK's own hash differs between CDK releases.
 */
function versionId(code: string): string {
  const { runtime, ...settings } = SETTINGS;
  const published = JSON.stringify({ ...settings, runtime: runtime.name, code });
  return `EdgeFunctionVersion${createHash('sha256').update(published).digest('hex').slice(0, 32)}`;
}

/**
 * Creates the function that checks every request, and returns its published version. The function's metadata lists the
 * key set URLs it can fetch; the embedded cloud enforces the list, AWS ignores it. Function and versions are retained
 * when the stack is deleted, because CloudFront removes replicas only hours later; `destroy` deletes them. A
 * rolled-back creation deletes them too.
 */
function createFunction(
  scope: Construct,
  { code, keySets }: { readonly code: string; readonly keySets: readonly string[] },
): IVersion {
  const { runtime, handler, memorySize, timeoutSeconds, logging } = SETTINGS;
  const edge = new LambdaFunction(scope, 'EdgeFunction', {
    description: 'edge-upload: checks each request before it reaches S3',
    runtime,
    handler,
    code: Code.fromInline(code),
    memorySize,
    timeout: Duration.seconds(timeoutSeconds),
    role: createRole(scope),
    // Omits the START, END and REPORT lines of each request.
    // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
    loggingFormat: logging.format,
    applicationLogLevelV2: logging.application,
    systemLogLevelV2: logging.system,
  });
  if (keySets.length > 0) {
    (edge.node.defaultChild as CfnFunction).addMetadata(OPTIONS_METADATA, { keySets });
  }
  edge.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  new CfnOutput(scope, 'EdgeFunctionName', { value: edge.functionName });
  const version = new Version(scope, versionId(code), {
    lambda: edge,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
  return version as IVersion;
}
