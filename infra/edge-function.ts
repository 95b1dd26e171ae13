import { createHash } from 'node:crypto';
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
import { CfnOutput, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { OPTIONS_METADATA } from './options.ts';

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
export function createFunction(
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
