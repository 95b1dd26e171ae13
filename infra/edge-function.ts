import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { CfnOutput, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';

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
export function createFunction(scope: Construct, code: string): LambdaFunction {
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
