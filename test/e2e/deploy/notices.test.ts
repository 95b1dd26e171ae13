import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { awsClients } from '../aws-clients.ts';
import { type DeployedStack, PASSWORD, signIn, withCloud } from '../harness.ts';

interface Mail {
  readonly to: string;
  readonly body: string;
}

test('mails each upload to a confirmed address until the option is removed', async (t) => {
  await withCloud(async (computer, cloud) => {
    const { outboxDir: outbox } = await computer.json<{ outboxDir: string }>(['local', 'status']);
    const mailsTo = (address: string) =>
      readdirSync(outbox)
        .sort()
        .map((name) => JSON.parse(readFileSync(join(outbox, name), 'utf8')) as Mail)
        .filter(({ to }) => to === address);
    const linkIn = (mail: Mail | undefined) => /http:\S+/.exec(mail?.body ?? '')?.[0] ?? '';
    const asked = await computer.run([
      'deploy',
      '--local',
      '--write-to',
      '{username}/',
      '--notify',
      'ops@example.com',
    ]);
    assert.equal(asked.code, 0, asked.stderr);
    assert.match(asked.stdout, /Not confirmed yet: ops@example\.com\n/);
    const username = await signIn(computer);
    const env = { EDGE_UPLOAD_USERNAME: username, EDGE_UPLOAD_PASSWORD: PASSWORD };
    await writeFile(join(computer.home, 'q3 "draft".txt'), 'seven b');
    const put = async (...args: string[]) => {
      const { code, stderr } = await computer.run(['put', ...args], { env });
      assert.equal(code, 0, stderr);
    };
    await put('q3 "draft".txt', '--as', 'early.txt');
    const [confirmation, ...more] = mailsTo('ops@example.com');
    assert.deepEqual(more, [], 'no notice before the address is confirmed');
    assert.equal((await fetch(linkIn(confirmation))).status, 200);

    await put('q3 "draft".txt');
    const plain = await computer.json<DeployedStack>(['deploy', '--local']);
    assert.equal(plain.outcome, 'unchanged');
    const aws = awsClients(t, cloud);
    const Bucket = plain.outputs.S3BucketName;
    await aws.s3.putObject({ Bucket, Key: '.well-known/edge-upload/own', Body: 'x' });
    const [, notice, ...others] = mailsTo('ops@example.com');
    assert.ok(notice !== undefined);
    assert.deepEqual(others, [], 'none of the deployment’s own objects');
    const [text = ''] = notice.body.split('\n--\n');
    assert.deepEqual(
      text
        .split('\n')
        .map((line) => JSON.parse(line) as string)
        .map((line) => line.replace(/^Time: .*/, 'Time')),
      [
        'A file was uploaded.',
        `Key: ${username}/q3 "draft".txt`,
        'Size: 7 bytes',
        `Bucket: ${Bucket}`,
        'Time',
        'Keys begin with: {username}/',
      ],
    );

    const other = await computer.run([
      'deploy',
      '--local',
      '--notify',
      'ops@example.com',
      '--notify',
      'b@example.com',
    ]);
    assert.match(other.stdout, /Not confirmed yet: b@example\.com\n/);
    await put('q3 "draft".txt', '--as', 'second.txt');
    assert.equal(mailsTo('ops@example.com').length, 3, 'a confirmed address needs no second confirmation');
    assert.equal(mailsTo('b@example.com').length, 1);

    await computer.json(['deploy', '--local', '--unset', 'notify']);
    await put('q3 "draft".txt', '--as', 'third.txt');
    assert.equal(mailsTo('ops@example.com').length, 3);
    await computer.json(['deploy', '--local', '--notify', 'c@example.com', '--events']);
    const destroyed = await computer.json<{ kept: unknown[] }>(['destroy', '--yes']);
    assert.deepEqual(destroyed.kept, []);
    const left = (file: string) => readFileSync(join(cloud.dataDir, file), 'utf8');
    assert.equal(left('events/rules.json'), '[]');
    assert.deepEqual(JSON.parse(left('sns/topics.json')), { topics: [], subscriptions: [] });
  });
});
