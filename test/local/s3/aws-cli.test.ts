import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { AWS_TOOL_ENV, runAws } from '../../support/aws-cli.ts';
import { missing } from '../../support/programs.ts';
import { BUCKET, startS3, temporaryFolder } from './support.ts';

test('the AWS CLI works unchanged', { skip: missing('aws') }, async (t) => {
  const { endpoint, defects } = await startS3(t);
  const folder = temporaryFolder(t);
  const aws = async (...args: string[]): Promise<string> => {
    const place = { cwd: folder, env: { ...AWS_TOOL_ENV, HOME: folder } };
    const { code, stdout, stderr } = await runAws([...args, '--endpoint-url', endpoint], place);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  const large = randomBytes(9 * 1024 * 1024);
  writeFileSync(join(folder, 'large.bin'), large);
  writeFileSync(join(folder, 'image.jpg'), 'not really a picture');

  assert.equal(await aws('s3', 'ls', BUCKET), '');
  await aws('s3', 'cp', 'image.jpg', `s3://${BUCKET}/photos/image 1.jpg`, '--only-show-errors');
  await aws('s3', 'cp', 'large.bin', `s3://${BUCKET}/large.bin`, '--only-show-errors');
  assert.match(await aws('s3', 'ls', BUCKET), /PRE photos\/\n.* 9437184 large\.bin\n$/);
  assert.match(await aws('s3', 'ls', BUCKET, '--recursive'), /photos\/image 1\.jpg/);
  const head = JSON.parse(
    await aws('s3api', 'head-object', '--bucket', BUCKET, '--key', 'photos/image 1.jpg'),
  );
  assert.equal(head.ContentType, 'image/jpeg');
  await aws('s3', 'cp', `s3://${BUCKET}/large.bin`, 'back.bin', '--only-show-errors');
  assert.deepEqual(readFileSync(join(folder, 'back.bin')), large);
  await aws(
    's3',
    'cp',
    `s3://${BUCKET}/photos`,
    `s3://${BUCKET}/copies`,
    '--recursive',
    '--only-show-errors',
  );
  await aws('s3', 'cp', `s3://${BUCKET}/large.bin`, `s3://${BUCKET}/copies/large.bin`, '--only-show-errors');
  await aws('s3', 'cp', `s3://${BUCKET}/copies/large.bin`, 'copied.bin', '--only-show-errors');
  assert.deepEqual(readFileSync(join(folder, 'copied.bin')), large);
  assert.match(await aws('s3', 'ls', `${BUCKET}/copies/`), /20 image 1\.jpg/);
  await aws('s3', 'rm', `s3://${BUCKET}/copies`, '--recursive', '--only-show-errors');
  const versions = JSON.parse(await aws('s3api', 'list-object-versions', '--bucket', BUCKET));
  assert.deepEqual(
    versions.Versions.map(({ Key }: { Key: string }) => Key),
    ['large.bin', 'photos/image 1.jpg'],
  );
  await assert.rejects(
    aws('s3api', 'get-object-tagging', '--bucket', BUCKET, '--key', 'large.bin'),
    /NotImplemented/,
  );
  await assert.rejects(aws('s3', 'rb', `s3://${BUCKET}`), /BucketNotEmpty/);
  // By default, version 1 of the CLI presigns with signature version 2.
  await aws('configure', 'set', 'default.s3.signature_version', 's3v4');
  const presigned = await aws('s3', 'presign', `s3://${BUCKET}/large.bin`);
  const fetched = await fetch(presigned.trim());
  assert.deepEqual(Buffer.from(await fetched.arrayBuffer()), large);
  await aws('s3', 'rm', `s3://${BUCKET}`, '--recursive', '--only-show-errors');
  assert.equal(await aws('s3', 'ls', BUCKET), '');
  await aws('s3', 'rb', `s3://${BUCKET}`);
  assert.equal(await aws('s3', 'ls'), '');
  assert.deepEqual(defects, []);
});
