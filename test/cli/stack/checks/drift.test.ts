import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCheck } from '../../../../cli/stack/checks/check.ts';
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
}

/** CloudFormation as far as a detection of drift goes. */
function account({ statuses = ['DETECTION_COMPLETE'], drifts = '' }: Detected) {
  const left = [...statuses];
  return (body: string) => {
    if (body.includes('Action=DetectStackDrift'))
      return answer('DetectStackDrift', '<StackDriftDetectionId>1</StackDriftDetectionId>');
    if (body.includes('Action=DescribeStackDriftDetectionStatus'))
      return answer(
        'DescribeStackDriftDetectionStatus',
        `<StackId>${ARN}</StackId><DetectionStatus>${left.shift()}</DetectionStatus><DetectionStatusReason>s3:GetBucketPolicy is denied</DetectionStatusReason>`,
      );
    if (body.includes('Action=DescribeStackResourceDrifts'))
      return answer('DescribeStackResourceDrifts', `<StackResourceDrifts>${drifts}</StackResourceDrifts>`);
    return stack;
  };
}

const drift = (type: string, status: string, ...paths: readonly string[]) =>
  `<member><ResourceType>${type}</ResourceType><StackResourceDriftStatus>${status}</StackResourceDriftStatus><PropertyDifferences>${paths
    .map((path) => `<member><PropertyPath>${path}</PropertyPath></member>`)
    .join('')}</PropertyDifferences></member>`;

async function checked(t: Parameters<typeof workAgainst>[0], detected: Detected) {
  const { work, events } = await workAgainst(t, account(detected));
  // Polls often, as in the embedded cloud.
  const local = { endpoint: 'http://127.0.0.1:9', caFile: '/ca.pem' };
  return { ...(await runCheck(driftCheck({ ...work, local }))), events };
}

test('names each changed or deleted resource, and the commands that change it back', async (t) => {
  for (const [drifts, said] of [
    [drift('AWS::S3::BucketPolicy', 'DELETED'), 'bucket policy (deleted)'],
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
      "origin access control (deleted); edge function's version (deleted)",
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

test('leaves a deleted bucket or key to the checks of their own', async (t) => {
  const drifts = drift('AWS::S3::Bucket', 'DELETED') + drift('AWS::KMS::Key', 'DELETED');
  assert.equal((await checked(t, { drifts })).state, 'ok');
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
    const one = await runCheck(encryptionKeyCheck(work));
    assert.equal(one.state, state);
    if (one.state === 'failed') assert.match(one.error.hint ?? '', /aws kms (?:enable|cancel)-key/);
  }
});
