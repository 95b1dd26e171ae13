import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCheck, stackSnapshot } from '../../../../cli/stack/checks/check.ts';
import { driftCheck } from '../../../../cli/stack/checks/drift.ts';
import { encryptionKeyCheck } from '../../../../cli/stack/checks/kms-key.ts';
import { EDGE, wholeTemplate } from '../../../infra/support.ts';
import { workAgainst } from '../world.ts';

const ARN = 'arn:aws:cloudformation:us-east-1:123456789012:stack/edge-upload/1';

const answer = (name: string, result: string) => ({
  body: `<${name}Response xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><${name}Result>${result}</${name}Result></${name}Response>`,
});

const stack = answer(
  'DescribeStacks',
  `<Stacks><member><StackName>edge-upload</StackName><StackId>${ARN}</StackId><CreationTime>2026-11-23T00:00:00Z</CreationTime><Description>edge-upload: a test</Description><StackStatus>UPDATE_COMPLETE</StackStatus></member></Stacks>`,
);

interface Detected {
  /** Statuses of the detection, one for each call. */
  readonly statuses?: readonly string[];
  readonly drifts?: string;
  /** Errors by action, code and message. */
  readonly errors?: Readonly<Record<string, readonly [code: string, message: string]>>;
}

/** CloudFormation, only with the calls that detect drift. */
function account({ statuses = ['DETECTION_COMPLETE'], drifts = '', errors = {} }: Detected) {
  const left = [...statuses];
  return (body: string) => {
    const [code, message] = errors[/Action=(\w+)/.exec(body)?.[1] ?? ''] ?? [];
    if (code !== undefined) {
      const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`;
      return { status: 400, body: `<ErrorResponse>${error}<RequestId>r</RequestId></ErrorResponse>` };
    }
    if (body.includes('Action=DetectStackDrift'))
      return answer('DetectStackDrift', '<StackDriftDetectionId>1</StackDriftDetectionId>');
    if (body.includes('Action=DescribeStackDriftDetectionStatus'))
      return answer(
        'DescribeStackDriftDetectionStatus',
        `<StackId>${ARN}</StackId><DetectionStatus>${left.shift()}</DetectionStatus><DetectionStatusReason>s3:GetBucketPolicy is denied</DetectionStatusReason>`,
      );
    if (body.includes('Action=ListStackResources'))
      return answer('ListStackResources', '<StackResourceSummaries/>');
    if (body.includes('Action=GetTemplate')) return answer('GetTemplate', '<TemplateBody>{}</TemplateBody>');
    if (body.includes('Action=DescribeStackResourceDrifts'))
      return answer('DescribeStackResourceDrifts', `<StackResourceDrifts>${drifts}</StackResourceDrifts>`);
    return stack;
  };
}

const drift = (type: string, status: string, ...paths: readonly string[]) =>
  `<member><ResourceType>${type}</ResourceType><StackResourceDriftStatus>${status}</StackResourceDriftStatus><PropertyDifferences>${paths
    .map((path) => `<member><PropertyPath>${path}</PropertyPath></member>`)
    .join('')}</PropertyDifferences></member>`;

async function checked(t: Parameters<typeof workAgainst>[0], detected: Detected, now = () => new Date()) {
  const { work, events } = await workAgainst(t, account(detected));
  // Polls as often as in the embedded cloud.
  const local = { endpoint: 'http://127.0.0.1:9', caFile: '/ca.pem' };
  const context = { ...work.context, now };
  return { ...(await runCheck(driftCheck({ ...work, context, local }, stackSnapshot(work)))), events };
}

test('names each changed or deleted resource, and the commands that change it back', async (t) => {
  for (const [drifts, said] of [
    [drift('AWS::S3::BucketPolicy', 'DELETED'), 'bucket policy (deleted)'],
    [
      drift(
        'AWS::S3::Bucket',
        'MODIFIED',
        '/BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault/SSEAlgorithm',
        '/NotificationConfiguration/EventBridgeConfiguration',
      ),
      'bucket (encryption, events)',
    ],
    [
      drift('AWS::Cognito::UserPool', 'MODIFIED', '/AdminCreateUserConfig/AllowAdminCreateUserOnly'),
      'user pool (admin create user config)',
    ],
    [
      drift(
        'AWS::CloudFront::Distribution',
        'MODIFIED',
        '/DistributionConfig/Enabled',
        '/DistributionConfig/DefaultCacheBehavior/LambdaFunctionAssociations/0',
        '/DistributionConfig/DefaultCacheBehavior/Compress',
      ),
      'CloudFront distribution (enabled, default cache behavior)',
    ],
    [
      drift('AWS::CloudFront::OriginAccessControl', 'DELETED') + drift('AWS::Lambda::Version', 'DELETED'),
      'origin access control (deleted); edge function version (deleted)',
    ],
    [drift('AWS::IAM::Role', 'MODIFIED'), 'IAM role (changed)'],
  ] as const) {
    const one = await checked(t, { drifts });
    assert.ok(one.state === 'failed');
    assert.equal(one.error.message, `Changed outside edge-upload: ${said}.`);
    assert.match(one.error.hint ?? '', /edge-upload deploy --revert-drift --dry-run/);
  }
});

test('prints the commands that replace a deleted user pool, which a deploy cannot restore', async (t) => {
  const one = await checked(t, { drifts: drift('AWS::Cognito::UserPool', 'DELETED') });
  assert.ok(one.state === 'failed');
  assert.match(one.error.hint ?? '', /edge-upload deploy --no-user-pool/);
  assert.doesNotMatch(one.error.hint ?? '', /revert-drift/);
});

test('leaves a deleted bucket or key to other checks', async (t) => {
  const drifts = drift('AWS::S3::Bucket', 'DELETED') + drift('AWS::KMS::Key', 'DELETED');
  assert.equal((await checked(t, { drifts })).state, 'ok');
});

test('names a deleted bucket policy although CloudFormation compares none', async (t) => {
  const outputs =
    '<Outputs><member><OutputKey>S3BucketName</OutputKey><OutputValue>bucket</OutputValue></member></Outputs>';
  const found = stack.body.replace('<StackStatus>', `${outputs}<StackStatus>`);
  for (const [status, code, state] of [
    [404, 'NoSuchBucketPolicy', 'failed'],
    [404, 'NoSuchBucket', 'ok'],
    [403, 'AccessDenied', 'ok'],
    [200, undefined, 'ok'],
  ] as const) {
    const cloudformation = account({});
    const { work } = await workAgainst(t, (body, path) => {
      if (path.includes('?policy')) {
        assert.match(path, /^\/bucket\//);
        return code === undefined
          ? { type: 'application/json', body: '{"Version":"2012-10-17","Statement":[]}' }
          : { status, body: `<Error><Code>${code}</Code><Message>m</Message></Error>` };
      }
      const { body: answered, ...rest } = cloudformation(body);
      return { ...rest, body: answered === stack.body ? found : answered };
    });
    const one = await runCheck(driftCheck(work, stackSnapshot(work)));
    assert.equal(one.state, state, code);
    if (one.state === 'failed')
      assert.equal(one.error.message, 'Changed outside edge-upload: bucket policy (deleted).');
    else
      assert.equal(
        /bucket policy was not compared\. .*failed: m\./.test(one.detail),
        status === 403,
        one.detail,
      );
  }
});

test('names the status of a stack that is not compared', async (t) => {
  for (const status of ['ROLLBACK_COMPLETE', 'DELETE_FAILED', 'UPDATE_ROLLBACK_FAILED']) {
    const body = stack.body.replace('UPDATE_COMPLETE', status);
    const { work } = await workAgainst(t, () => ({ body }));
    const one = await runCheck(driftCheck(work, stackSnapshot(work)));
    assert.ok(one.state === 'skipped');
    assert.equal(one.detail, `the stack is ${status}`);
  }
});

test('waits for the detection, and reports one that failed in part', async (t) => {
  const statuses = ['DETECTION_IN_PROGRESS', 'DETECTION_IN_PROGRESS', 'DETECTION_FAILED'];
  const one = await checked(t, { statuses });
  assert.ok(one.state === 'skipped');
  assert.equal(one.detail, 's3:GetBucketPolicy is denied');
  assert.equal(one.events.filter(({ type }) => type === 'note').length, 1);
  const drifts = drift('AWS::S3::BucketPolicy', 'DELETED');
  assert.equal((await checked(t, { statuses: ['DETECTION_FAILED'], drifts })).state, 'failed');
});

test('reads no results of an earlier detection', async (t) => {
  const drifts = drift('AWS::S3::BucketPolicy', 'DELETED');
  let minutes = 0;
  const slow = () => {
    minutes += 6;
    return new Date(minutes * 60_000);
  };
  const late = await checked(t, { statuses: ['DETECTION_IN_PROGRESS'], drifts }, slow);
  assert.ok(late.state === 'skipped');
  assert.match(late.detail, /did not compare the resources within 5/);
  const errors = {
    DetectStackDrift: ['ValidationError', `Drift detection is already in progress for stack ${ARN}`],
  } as const;
  const busy = await checked(t, { drifts, errors });
  assert.ok(busy.state === 'skipped');
  assert.match(busy.detail, /another drift detection is running/);
});

test('skips the check without one of its permissions', async (t) => {
  for (const [denied, named] of [
    ['DetectStackDrift', 'DetectStackDrift'],
    ['DescribeStackDriftDetectionStatus', 'DetectStackDrift'],
    ['DescribeStackResourceDrifts', 'DescribeStackResourceDrifts'],
  ] as const) {
    const errors = { [denied]: ['AccessDenied', `Not authorized: cloudformation:${denied}`] } as const;
    const one = await checked(t, { errors });
    assert.ok(one.state === 'skipped');
    assert.equal(one.detail, `not allowed (cloudformation:${named})`);
  }
});

test('reports a key of KMS that the bucket was set to by hand', async (t) => {
  const template = JSON.stringify(wholeTemplate(EDGE, {}));
  const escaped = template.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const BUCKET =
    '<Outputs><member><OutputKey>S3BucketName</OutputKey><OutputValue>b</OutputValue></member></Outputs><StackStatus>';
  const encryption = (rule: string) =>
    `<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>${rule}</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>`;
  const kms = encryption('<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>k1</KMSMasterKeyID>');
  const customer = { KeyManager: 'CUSTOMER', KeyState: 'Enabled' };
  for (const [settings, key, state, told] of [
    [{ body: encryption('<SSEAlgorithm>AES256</SSEAlgorithm>') }, {}, 'skipped', /no --kms-key is set/],
    [
      { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' },
      {},
      'skipped',
      /s3:GetEncryptionConf/,
    ],
    [{ body: kms }, customer, 'ok', /k1 is enabled; it was set outside edge-upload, and its policy must/],
    [{ body: kms }, { ...customer, KeyState: 'Disabled' }, 'failed', /k1 is disabled\. Uploads fail/],
    [
      { body: encryption('<SSEAlgorithm>aws:kms</SSEAlgorithm>') },
      { ...customer, KeyManager: 'AWS' },
      'failed',
      /alias\/aws\/s3 is managed by AWS/,
    ],
  ] as const) {
    const KeyMetadata = { KeyId: 'x', KeySpec: 'SYMMETRIC_DEFAULT', KeyUsage: 'ENCRYPT_DECRYPT', ...key };
    const { work } = await workAgainst(t, (body, path) => {
      if (path.includes('?encryption')) return settings;
      if (body.includes('Action=DescribeStacks'))
        return { body: stack.body.replace('<StackStatus>', BUCKET) };
      if (body.includes('Action=GetTemplate'))
        return answer('GetTemplate', `<TemplateBody>${escaped}</TemplateBody>`);
      return { type: 'application/x-amz-json-1.1', body: JSON.stringify({ KeyMetadata }) };
    });
    const one = await runCheck(encryptionKeyCheck(work, stackSnapshot(work)));
    assert.equal(one.state, state);
    assert.match(one.state === 'failed' ? one.error.message : one.detail, told);
    if (one.state === 'failed')
      assert.match(one.error.hint ?? '', /aws s3api delete-bucket-encryption --bucket/);
  }
});

test('reports a disabled encryption key, with which uploads fail', async (t) => {
  const kmsKeyArn = 'arn:aws:kms:us-east-1:123456789012:key/12345678-90ab-cdef-1234-567890abcdef';
  const template = JSON.stringify(wholeTemplate(EDGE, { kmsKeyArn }));
  const escaped = template.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  for (const [KeyState, state] of [
    ['Disabled', 'failed'],
    ['PendingDeletion', 'failed'],
    ['Enabled', 'ok'],
  ] as const) {
    const KeyMetadata = { KeyId: 'x', KeyState, KeySpec: 'SYMMETRIC_DEFAULT', KeyUsage: 'ENCRYPT_DECRYPT' };
    const { work } = await workAgainst(t, (body) => {
      if (body.includes('Action=DescribeStacks')) return stack;
      if (body.includes('Action=GetTemplate'))
        return answer('GetTemplate', `<TemplateBody>${escaped}</TemplateBody>`);
      return { type: 'application/x-amz-json-1.1', body: JSON.stringify({ KeyMetadata }) };
    });
    const one = await runCheck(encryptionKeyCheck(work, stackSnapshot(work)));
    assert.equal(one.state, state);
    if (one.state === 'failed') assert.match(one.error.hint ?? '', /aws kms (?:enable|cancel)-key/);
  }
});
