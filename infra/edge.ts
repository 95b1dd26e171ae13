import {
  AccessLevel,
  AllowedMethods,
  CachePolicy,
  type CfnDistribution,
  Distribution,
  HttpVersion,
  LambdaEdgeEventType,
  OriginRequestPolicy,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, type IVersion, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { CfnOutput, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';

/** Seconds, the most there is: putting the parts of a large object together takes S3 a while. */
const ORIGIN_READ_TIMEOUT = 120;

/**
 * Writes logs, and may do nothing else. Replicas log in the region nearest to the viewer, into groups named after the
 * function; its name is CloudFormation's to choose.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-logs.html
 */
function createRole(scope: Construct): Role {
  const { partition, account } = Stack.of(scope);
  const groups = `arn:${partition}:logs:*:${account}:log-group:/aws/lambda/us-east-1.*`;
  const role = new Role(scope, 'EdgeRole', {
    // The distribution adds edgelambda.amazonaws.com.
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
      'Replicas run in every region under a name that is not known here; writing logs is all it allows.',
  });
  return role;
}

/**
 * Judges every request. Function and versions outlive the stack, because CloudFront keeps replicas of them for a while
 * and CloudFormation would give up; `destroy` removes them. A creation that is rolled back takes them along.
 */
function createFunction(scope: Construct, code: string): LambdaFunction {
  const edge = new LambdaFunction(scope, 'EdgeFunction', {
    description: 'edge-upload: lets through what a signed-in user may upload',
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromInline(code),
    memorySize: 128,
    timeout: Duration.seconds(5),
    role: createRole(scope),
    currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE },
  });
  edge.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  new CfnOutput(scope, 'EdgeFunctionName', { value: edge.functionName });
  return edge;
}

/** The way in: https only, nothing cached, each request judged by the function before its body is read. */
export function createDistribution(scope: Construct, bucket: IBucket, code: string): Distribution {
  const distribution = new Distribution(scope, 'Distribution', {
    comment: Stack.of(scope).stackName,
    httpVersion: HttpVersion.HTTP2_AND_3,
    defaultBehavior: {
      origin: S3BucketOrigin.withOriginAccessControl(bucket, { originAccessLevels: [AccessLevel.WRITE] }),
      viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
      allowedMethods: AllowedMethods.ALLOW_ALL,
      cachePolicy: CachePolicy.CACHING_DISABLED,
      originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      compress: false,
      edgeLambdas: [
        {
          eventType: LambdaEdgeEventType.VIEWER_REQUEST,
          functionVersion: createFunction(scope, code).currentVersion as IVersion,
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
  Validations.of(distribution).acknowledge(
    { id: 'AwsSolutions-CFR1', reason: 'Uploaders may be anywhere; their token is what admits them.' },
    { id: 'AwsSolutions-CFR2', reason: 'A web ACL costs by the month; the operator may attach one.' },
    {
      id: 'AwsSolutions-CFR3',
      reason: 'Access logs need a second bucket; refusals are logged by the function.',
    },
    {
      id: 'AwsSolutions-CFR4',
      reason:
        'The default certificate fixes the policy at TLSv1; the command line asks for TLS 1.2 or newer.',
    },
  );
  new CfnOutput(scope, 'CloudFrontDistributionUrl', { value: distribution.distributionDomainName });
  return distribution;
}

/** What the access level for writing leaves out. https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html */
function allowMultipart(bucket: IBucket, distribution: Distribution): void {
  bucket.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('cloudfront.amazonaws.com')],
      actions: ['s3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
      resources: [bucket.arnForObjects('*')],
      conditions: { StringEquals: { 'AWS:SourceArn': distribution.distributionArn } },
    }),
  );
}
