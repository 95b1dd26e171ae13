import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { CognitoIdentityProvider } from '@aws-sdk/client-cognito-identity-provider';
import { IAM } from '@aws-sdk/client-iam';
import { DeleteFunctionCommand, GetFunctionCommand } from '@aws-sdk/client-lambda';
import { STS } from '@aws-sdk/client-sts';
import { clientOptions } from '../../support/serve.ts';
import { BUCKET_STACK, openFaultyCloud } from './fixture.ts';

const OPERATOR = 'arn:aws:iam::000000000000:user/operator';
const denied = (action: string, resource: string, name = 'AccessDeniedException') => ({
  name,
  message: `User: ${OPERATOR} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`,
});

test('denies an operator single actions of every service in its words', async (t) => {
  const { cfn, s3, lambda, endpoint, faults, cloud } = await openFaultyCloud(t, {
    operator: {
      denied: [
        'cloudformation:DeleteStack',
        's3:Delete*',
        'lambda:DeleteFunction',
        'logs:DeleteLogGroup',
        'cognito-idp:AdminDeleteUser',
      ],
    },
  });
  const options = clientOptions(endpoint);
  const clients = {
    iam: new IAM(options),
    logs: new CloudWatchLogs(options),
    cognito: new CognitoIdentityProvider(options),
    sts: new STS(options),
  };
  t.after(() => {
    for (const client of Object.values(clients)) client.destroy();
  });
  const { iam, logs, cognito, sts } = clients;
  assert.equal((await sts.getCallerIdentity({})).Arn, OPERATOR);
  await cfn.createStack({ StackName: 'one', TemplateBody: BUCKET_STACK });
  await cloud.idle();
  await assert.rejects(
    cfn.deleteStack({ StackName: 'one' }),
    denied(
      'cloudformation:DeleteStack',
      'arn:aws:cloudformation:us-east-1:000000000000:stack/one/*',
      'AccessDenied',
    ),
  );
  await assert.rejects(
    lambda.send(new DeleteFunctionCommand({ FunctionName: 'f' })),
    denied('lambda:DeleteFunction', 'arn:aws:lambda:us-east-1:000000000000:function:f'),
  );
  await assert.rejects(lambda.send(new GetFunctionCommand({ FunctionName: 'f' })), {
    name: 'ResourceNotFoundException',
  });
  await assert.rejects(
    logs.deleteLogGroup({ logGroupName: 'g' }),
    denied('logs:DeleteLogGroup', 'arn:aws:logs:us-east-1:000000000000:log-group:g'),
  );
  await assert.rejects(
    cognito.adminDeleteUser({ UserPoolId: 'us-east-1_abc', Username: 'u' }),
    denied(
      'cognito-idp:AdminDeleteUser',
      'arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_abc',
    ),
  );
  const Bucket = 'guarded';
  await s3.createBucket({ Bucket });
  await s3.putObject({ Bucket, Key: 'a', Body: 'a' });
  await assert.rejects(s3.deleteObject({ Bucket, Key: 'a' }), { name: 'AccessDenied' });
  await assert.rejects(s3.deleteBucket({ Bucket }), { name: 'AccessDenied' });
  const { Errors } = await s3.deleteObjects({ Bucket, Delete: { Objects: [{ Key: 'a' }] } });
  assert.deepEqual(
    Errors?.map(({ Key, Code }) => [Key, Code]),
    [['a', 'AccessDenied']],
  );

  const simulate = async (ActionNames: string[], ResourceArns: string[] = []) => {
    const { EvaluationResults = [] } = await iam.simulatePrincipalPolicy({
      PolicySourceArn: OPERATOR,
      ActionNames,
      ResourceArns,
    });
    return EvaluationResults.map(({ EvalActionName, EvalResourceName, EvalDecision }) =>
      [EvalActionName, EvalResourceName, EvalDecision].join(' '),
    );
  };
  assert.deepEqual(await simulate(['s3:PutObject', 's3:DeleteObjectVersion']), [
    's3:PutObject * allowed',
    's3:DeleteObjectVersion * implicitDeny',
  ]);
  assert.deepEqual(await simulate(['s3:GetObject'], ['arn:aws:s3:::a/x', 'arn:aws:s3:::b/x']), [
    's3:GetObject arn:aws:s3:::a/x allowed',
    's3:GetObject arn:aws:s3:::b/x allowed',
  ]);
  await assert.rejects(
    iam.simulatePrincipalPolicy({ PolicySourceArn: `${OPERATOR}2`, ActionNames: ['s3:GetObject'] }),
    { name: 'NoSuchEntityException' },
  );
  faults.operator = { denied: ['iam:*'] };
  await assert.rejects(
    simulate(['s3:GetObject']),
    denied('iam:SimulatePrincipalPolicy', OPERATOR, 'AccessDenied'),
  );
});

test('does not simulate the root user, who calls without the fault', async (t) => {
  const { endpoint } = await openFaultyCloud(t);
  const iam = new IAM(clientOptions(endpoint));
  t.after(() => iam.destroy());
  await assert.rejects(
    iam.simulatePrincipalPolicy({
      PolicySourceArn: 'arn:aws:iam::000000000000:root',
      ActionNames: ['s3:GetObject'],
    }),
    { name: 'InvalidInputException', message: /does not clearly define entity type and name/ },
  );
  await assert.rejects(iam.getRole({ RoleName: 'none' }), { name: 'NoSuchEntityException' });
  await assert.rejects(iam.listUsers({}), { message: /Could not find operation ListUsers/ });
});
