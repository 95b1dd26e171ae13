import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openCloud } from '../../local/cloud.ts';
import { OPERATIONS as CLOUDFORMATION } from '../../local/cloudformation/service.ts';
import { OPERATIONS as COGNITO } from '../../local/cognito/service.ts';
import { OPERATIONS as IAM } from '../../local/iam/operations.ts';
import { keys } from '../../local/kms/keys.ts';
import { signing } from '../../local/kms/signing.ts';
import { OPERATIONS as LAMBDA } from '../../local/lambda/api/operations.ts';
import { eventOperations } from '../../local/logs/events.ts';
import { groupOperations } from '../../local/logs/operations.ts';
import { OPERATIONS as S3 } from '../../local/s3/dispatch.ts';
import { missing, runProgram } from '../support/programs.ts';

const S3_CODES = [
  'InvalidArgument',
  'InvalidRequest',
  'MalformedXML',
  'KeyTooLongError',
  'AccessControlListNotSupported',
  'InvalidBucketAclWithObjectOwnership',
  'InvalidLocationConstraint',
];

/** By service: the codes of invalid input, and the operations. */
const SERVICES = {
  'cognito-idp': [['InvalidParameterException'], Object.keys(COGNITO)],
  kms: [['ValidationException'], Object.keys({ ...keys, ...signing })],
  logs: [['InvalidParameterException'], Object.keys({ ...groupOperations, ...eventOperations })],
  iam: [['ValidationError'], Object.keys(IAM)],
  sts: [['ValidationError'], ['AssumeRole', 'GetCallerIdentity']],
  sns: [['InvalidParameter'], ['ConfirmSubscription', 'Unsubscribe', 'ListSubscriptionsByTopic']],
  cloudformation: [['ValidationError'], Object.keys(CLOUDFORMATION)],
  lambda: [['ValidationException', 'InvalidParameterValueException'], Object.keys(LAMBDA)],
  s3: [S3_CODES, [...S3.values()].flat().map(({ name }) => name)],
};

const EXCEPTIONS = [
  // CloudFormation does not require it, so that the client is looked up first.
  'cognito-idp UpdateUserPoolClient RefreshTokenRotation Feature missing: 400 ResourceNotFoundException',
  // The query protocol of CloudFormation treats empty parameters as absent.
  'cloudformation ListStacks NextToken short: 200 None',
  'cloudformation DeleteStack ClientRequestToken short: 200 None',
];

test('refuses the requests that AWS’s models forbid, with the code of invalid input', {
  skip: missing('python3', '-c', 'import botocore'),
}, async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'models-'));
  const defects: unknown[] = [];
  const onDefect = (error: unknown) => defects.push(error);
  const cloud = await openCloud({ dataDir, port: 0, wellKnownKeys: true, onDefect });
  t.after(async () => {
    await cloud.close();
    rmSync(dataDir, { recursive: true });
  });
  const script = join(import.meta.dirname, 'models.py');
  const ran = await runProgram('python3', [script, cloud.endpoint], { input: JSON.stringify(SERVICES) });
  assert.equal(ran.code, 0, ran.stderr);
  assert.deepEqual(ran.stdout.trim().split('\n'), EXCEPTIONS);
  assert.ok(Number(ran.stderr) > 2500, ran.stderr);
  assert.deepEqual(defects, []);
});
