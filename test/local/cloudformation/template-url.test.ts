import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awsError } from '../../support/aws-error.ts';
import { openFaultyCloud } from '../faults/fixture.ts';

const Bucket = 'templates';
const S3_ERRORS = 'http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html';
const BUCKET = { Type: 'AWS::S3::Bucket' };

/** Returns a template of exactly this many bytes. */
function sized(bytes: number): string {
  const body = JSON.stringify({ Description: '', Metadata: { Fill: '' }, Resources: { Bucket: BUCKET } });
  return body.replace('"Fill":""', `"Fill":"${'x'.repeat(bytes - body.length)}"`);
}

async function openTemplates(t: Parameters<typeof openFaultyCloud>[0]) {
  const opened = await openFaultyCloud(t);
  const { s3 } = opened;
  await s3.createBucket({ Bucket });
  return { ...opened, put: (Key: string, Body: string) => s3.putObject({ Bucket, Key, Body }) };
}

test('reads a template of up to 1 MB from S3 by every form of URL', async (t) => {
  const { cfn, put, cloud, s3 } = await openTemplates(t);
  await put('.well-known/a b.json', sized(1_000_000));
  const hosts = {
    regional: `${Bucket}.s3.us-east-1.amazonaws.com`,
    global: `${Bucket}.s3.amazonaws.com`,
    legacy: `${Bucket}.s3-us-east-1.amazonaws.com`,
    path: `s3.us-east-1.amazonaws.com/${Bucket}`,
    globalPath: `s3.amazonaws.com/${Bucket}`,
  };
  for (const [StackName, host] of Object.entries(hosts)) {
    const TemplateURL = `https://${host}/.well-known/a%20b.json`;
    await cfn.validateTemplate({ TemplateURL });
    const { ResourceTypes } = await cfn.getTemplateSummary({ TemplateURL });
    assert.deepEqual(ResourceTypes, ['AWS::S3::Bucket']);
    await cfn.createChangeSet({ StackName, ChangeSetName: 'c', ChangeSetType: 'CREATE', TemplateURL });
  }
  // The template is read when the change set is created. Its object can then be deleted.
  await s3.deleteObject({ Bucket, Key: '.well-known/a b.json' });
  await cfn.executeChangeSet({ StackName: 'regional', ChangeSetName: 'c' });
  await cloud.idle();
  const { Stacks } = await cfn.describeStacks({ StackName: 'regional' });
  assert.equal(Stacks?.[0]?.StackStatus, 'CREATE_COMPLETE');
  const { TemplateBody } = await cfn.getTemplate({ StackName: 'regional' });
  assert.equal(TemplateBody?.length, 1_000_000);
});

test('accepts a TemplateURL in CreateStack and UpdateStack, with a versionId', async (t) => {
  const { cfn, put, cloud, s3 } = await openTemplates(t);
  await s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: 'Enabled' } });
  const { VersionId = '' } = await put('t', JSON.stringify({ Resources: { A: BUCKET } }));
  await put('t', JSON.stringify({ Resources: { A: BUCKET, B: BUCKET } }));
  const TemplateURL = `https://${Bucket}.s3.us-east-1.amazonaws.com/t`;
  const resources = async () => {
    await cloud.idle();
    const { StackResources = [] } = await cfn.describeStackResources({ StackName: 's' });
    return StackResources.map(({ LogicalResourceId }) => LogicalResourceId).sort();
  };
  await cfn.createStack({ StackName: 's', TemplateURL: `${TemplateURL}?versionId=${VersionId}` });
  assert.deepEqual(await resources(), ['A']);
  await cfn.updateStack({ StackName: 's', TemplateURL });
  assert.deepEqual(await resources(), ['A', 'B']);
});

test('refuses a template that is too long, given twice or unreadable to the caller', async (t) => {
  const { cfn, put, faults } = await openTemplates(t);
  await put('long', sized(1_000_001));
  await put('well', sized(1000));
  const url = (key: string, bucket = Bucket) => `https://${bucket}.s3.us-east-1.amazonaws.com/${key}`;
  const refused = async (input: { TemplateURL: string; TemplateBody?: string }, message: string) => {
    await assert.rejects(cfn.validateTemplate(input), awsError('ValidationError', message));
    const changeSet = { StackName: 's', ChangeSetName: 'c', ChangeSetType: 'CREATE' as const, ...input };
    await assert.rejects(cfn.createChangeSet(changeSet), awsError('ValidationError', message));
  };
  const s3Error = (why: string) => `S3 error: ${why}\nFor more information check ${S3_ERRORS}`;
  await refused({ TemplateURL: url('long') }, 'Template may not exceed 1000000 bytes in size.');
  await refused(
    { TemplateURL: url('well'), TemplateBody: sized(1000) },
    'You cannot specify both Template URL and Template Body.',
  );
  await refused({ TemplateURL: url('absent') }, s3Error('The specified key does not exist.'));
  await refused({ TemplateURL: url('t', 'nowhere') }, s3Error('The specified bucket does not exist'));
  faults.operator = { denied: ['s3:GetObject'] };
  await refused({ TemplateURL: url('well') }, s3Error('Access Denied'));
  delete faults.operator;
  for (const TemplateURL of [
    'well',
    `http://${Bucket}.s3.us-east-1.amazonaws.com/well`,
    `https://${Bucket}.s3.us-east-1.amazonaws.com/`,
    `https://${Bucket}.s3.us-east-1.amazonaws.com:8443/well`,
    `https://me:secret@${Bucket}.s3.us-east-1.amazonaws.com/well`,
    `https://${Bucket}.s3.us-east-1.amazonaws.com/well?acl`,
    `https://${Bucket}.s3.us-east-1.amazonaws.com.example.com/well`,
    `https://${Bucket}.s3.eu-west-1.amazonaws.com/well`,
    `https://s3.us-east-1.amazonaws.com/${Bucket}`,
    'https://127.0.0.1:4599/templates/well',
    `s3://${Bucket}/well`,
  ]) {
    await refused({ TemplateURL }, 'TemplateURL must be a supported URL.');
  }
});
