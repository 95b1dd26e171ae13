import assert from 'node:assert/strict';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { runAws } from '../support/aws-cli.ts';
import { missing, runProgram } from '../support/programs.ts';
import { awsEnv, withCloud } from './harness.ts';

const PICTURE = join(import.meta.dirname, '../../assets/dawn.png');
const TEMPORARY = 'Temporary-1!pass';
const PERMANENT = 'Permanent-2!pass';

/**
 * The walkthrough in the README of the AWS sample that this project replaces, with the clients of its users. Only the
 * endpoint and the certificate differ from AWS.
 */
test('the pattern’s walkthrough, by the AWS CLI and curl', {
  skip: missing('aws') || missing('curl'),
}, async () => {
  await withCloud(async (computer, cloud) => {
    const env = awsEnv(computer, cloud);
    const cwd = computer.home;
    const aws = (...args: string[]) => runAws(args, { env, cwd });
    const said = async (...args: string[]) => {
      const { code, stdout, stderr } = await aws(...args);
      assert.equal(code, 0, `aws ${args.join(' ')}\n${stderr}`);
      return stdout.trim();
    };
    const named = ['--stack-name', 'edge-upload'];
    await copyFile(PICTURE, join(cwd, 'image.jpg'));
    assert.equal((await computer.run(['deploy', '--local'])).code, 0);

    const output = (key: string) =>
      said(
        'cloudformation',
        'describe-stacks',
        '--stack-name',
        'edge-upload',
        '--query',
        `Stacks[0].Outputs[?OutputKey=='${key}'].OutputValue`,
        '--output',
        'text',
      );
    const pool = await output('CognitoUserPoolId');
    const client = await output('CognitoAppClientId');
    const bucket = await output('S3BucketName');
    const domain = await output('CloudFrontDistributionUrl');
    assert.match(pool, /^us-east-1_[A-Za-z0-9]{9}$/);
    assert.match(client, /^[a-z0-9]{26}$/);
    assert.doesNotMatch(domain, /\//, 'the output is the domain name alone');

    const created = JSON.parse(
      await said(
        'cognito-idp',
        'admin-create-user',
        '--user-pool-id',
        pool,
        '--username',
        'ada',
        '--temporary-password',
        TEMPORARY,
      ),
    );
    assert.equal(created.User.UserStatus, 'FORCE_CHANGE_PASSWORD');
    const challenge = JSON.parse(
      await said(
        'cognito-idp',
        'admin-initiate-auth',
        '--user-pool-id',
        pool,
        '--client-id',
        client,
        '--auth-flow',
        'ADMIN_NO_SRP_AUTH',
        '--auth-parameters',
        `USERNAME=ada,PASSWORD=${TEMPORARY}`,
      ),
    );
    assert.equal(challenge.ChallengeName, 'NEW_PASSWORD_REQUIRED');
    const signedIn = JSON.parse(
      await said(
        'cognito-idp',
        'admin-respond-to-auth-challenge',
        '--user-pool-id',
        pool,
        '--client-id',
        client,
        '--challenge-name',
        'NEW_PASSWORD_REQUIRED',
        '--challenge-responses',
        `USERNAME=ada,NEW_PASSWORD=${PERMANENT}`,
        '--session',
        challenge.Session,
      ),
    );
    const token: string = signedIn.AuthenticationResult.AccessToken;

    const curl = (authorization: string) =>
      runProgram(
        'curl',
        [
          '--silent',
          '--cacert',
          cloud.caFile,
          '--write-out',
          '\n%{http_code}',
          '--request',
          'PUT',
          `https://${domain}/image.jpg`,
          '--header',
          `authorization: ${authorization}`,
          '--header',
          'content-type: image/jpeg',
          '--data-binary',
          '@./image.jpg',
        ],
        { env, cwd },
      );
    const refused = await curl('my-invalid-token');
    assert.match(refused.stdout, /\n401$/);
    assert.equal(JSON.parse(refused.stdout.replace(/\n401$/, '')).error, 'invalid_token');
    assert.equal(await said('s3', 'ls', bucket), '', 'nothing was stored by the refused upload');

    const accepted = await curl(token);
    assert.match(accepted.stdout, /\n200$/);
    assert.match(await said('s3', 'ls', bucket), /129036 image\.jpg$/);
    await said('s3', 'cp', `s3://${bucket}/image.jpg`, './back.jpg');
    assert.deepEqual(await readFile(join(cwd, 'back.jpg')), await readFile(PICTURE));
    const head = JSON.parse(await said('s3api', 'head-object', '--bucket', bucket, '--key', 'image.jpg'));
    assert.equal(head.ContentType, 'image/jpeg');

    /** Polls until no operation of the stack is running. The CLI's own waiter polls only twice a minute. */
    const atRest = async () => {
      for (;;) {
        const looked = await aws(
          'cloudformation',
          'describe-stacks',
          '--query',
          'Stacks[0].StackStatus',
          ...named,
        );
        if (!looked.stdout.includes('_IN_PROGRESS')) return looked;
      }
    };
    await said('cloudformation', 'delete-stack', ...named);
    assert.match((await atRest()).stdout, /DELETE_FAILED/, 'a bucket that holds an object keeps its stack');

    await said('s3', 'rm', `s3://${bucket}/image.jpg`);
    assert.equal(await said('s3', 'ls', bucket), '');
    await said('cloudformation', 'delete-stack', ...named);
    const gone = await atRest();
    assert.notEqual(gone.code, 0);
    assert.match(gone.stderr, /Stack with id edge-upload does not exist/);
  });
});
