import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { S3 } from '@aws-sdk/client-s3';
import { openCloud } from '../../local/cloud.ts';
import { clientOptions } from '../support/serve.ts';

const GROUP = '/aws/test';
const TEMPLATE = JSON.stringify({
  Resources: {
    Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'a-bucket' } },
    Group: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: GROUP } },
    Pool: { Type: 'AWS::Cognito::UserPool' },
    Role: {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
          ],
        },
      },
    },
    Function: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
        Code: { ZipFile: 'exports.handler = async () => 1;' },
      },
    },
    Control: {
      Type: 'AWS::CloudFront::OriginAccessControl',
      Properties: {
        OriginAccessControlConfig: {
          Name: 'control',
          OriginAccessControlOriginType: 's3',
          SigningBehavior: 'always',
          SigningProtocol: 'sigv4',
        },
      },
    },
  },
});

/** One kind for each file in turn, because one function opens all files. */
const KINDS = [
  { kind: /is a folder/, make: (path: string) => mkdirSync(path) },
  { kind: /is a named pipe/, make: (path: string) => void execFileSync('mkfifo', [path]) },
  { kind: /is a symbolic link/, make: (path: string) => symlinkSync(`${path}.moved`, path) },
];

/** Returns all files below a folder, relative to it. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

test('refuses anything else in place of a file of the cloud, by name', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'own-file-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const dataDir = join(folder, 'cloud');
  const defects: unknown[] = [];
  const open = () => openCloud({ dataDir, port: 0, onDefect: (error) => defects.push(error) });

  const first = await open();
  const credentials = first.accessKey;
  const clients = (endpoint: string) => ({
    cfn: new CloudFormation({ ...clientOptions(endpoint), credentials }),
    logs: new CloudWatchLogs({ ...clientOptions(endpoint), credentials }),
    s3: new S3({ ...clientOptions(endpoint), credentials, forcePathStyle: true }),
  });
  const { cfn, s3 } = clients(first.endpoint);
  await cfn.createStack({ StackName: 's', TemplateBody: TEMPLATE, Capabilities: ['CAPABILITY_IAM'] });
  await first.idle();
  assert.equal((await cfn.describeStacks({ StackName: 's' })).Stacks?.[0]?.StackStatus, 'CREATE_COMPLETE');
  await s3.putObject({ Bucket: 'a-bucket', Key: 'k', Body: 'x' });
  const { UploadId } = await s3.createMultipartUpload({ Bucket: 'a-bucket', Key: 'k' });
  const part = { Bucket: 'a-bucket', Key: 'k', UploadId, PartNumber: 1 };
  const { ETag, ChecksumCRC32 } = await s3.uploadPart({ ...part, Body: 'x' });
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag, ChecksumCRC32 }] };
  await first.close();
  const pristine = join(folder, 'pristine');
  cpSync(dataDir, pristine, { recursive: true });

  /** Opens the cloud and reads all its files. Returns the errors. */
  const use = async (): Promise<string> => {
    defects.length = 0;
    let cloud: Awaited<ReturnType<typeof open>>;
    try {
      cloud = await open();
    } catch (error) {
      return (error as Error).message;
    }
    const { logs, s3 } = clients(cloud.endpoint);
    const answered = await Promise.allSettled([
      logs.describeLogGroups({}),
      s3.getObject({ Bucket: 'a-bucket', Key: 'k' }),
      s3.completeMultipartUpload({ Bucket: 'a-bucket', Key: 'k', UploadId, MultipartUpload }),
    ]);
    await cloud.close();
    if (defects.length === 0)
      assert.deepEqual(
        answered.map(({ status }) => status),
        Array(3).fill('fulfilled'),
      );
    return defects.map((error) => (error as Error).message).join('\n');
  };

  assert.equal(await use(), '');
  // A function's code is read when the function is first invoked.
  const files = filesBelow(pristine).filter((file) => !file.endsWith('.js'));
  for (const [at, file] of files.entries()) {
    const { kind, make } = KINDS[at % KINDS.length] as (typeof KINDS)[number];
    rmSync(dataDir, { recursive: true, force: true });
    cpSync(pristine, dataDir, { recursive: true });
    const path = join(dataDir, file);
    renameSync(path, `${path}.moved`);
    make(path);
    const message = await use();
    assert.match(message, kind, file);
    assert.ok(message.includes(path), `${file}: ${message}`);
  }
});
