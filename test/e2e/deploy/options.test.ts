import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { omitUndefined } from '../../../protocol/fields.ts';
import { claimsOf } from '../../support/keys/forge.ts';
import { type AwsClients, awsClients } from '../aws-clients.ts';
import { type Computer, type DeployedStack, PASSWORD, signIn, withCloudProcess } from '../harness.ts';

const PAGE = 'https://app.example.com';
const DOMAIN = 'uploads.example.com';
const CERTIFICATE = 'arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012';
const WEB_ACL = 'arn:aws:wafv2:us-east-1:123456789012:global/webacl/uploads/12345678';

const FLAGS = [
  ...['--max-size', '1K', '--write-to', 'in/{group}/{username}/', '--allow-group', 'writers'],
  ...['--expire-after', '30', '--versioning', '--price-class', '100', '--cors-origin', PAGE],
  ...['--domain', DOMAIN, '--certificate-arn', CERTIFICATE, '--tag', 'team=media', '--retain-data'],
  ...['--token-validity', '5m', '--mfa', 'optional', '--access-logs'],
];

const CHOSEN = {
  maxSize: 1024,
  writeTo: 'in/{group}/{username}/',
  allowGroups: ['writers'],
  expireAfterDays: 30,
  versioning: true,
  domain: DOMAIN,
  certificateArn: CERTIFICATE,
  priceClass: '100',
  corsOrigins: [PAGE],
  accessLogs: true,
  tags: { team: 'media' },
  retainData: true,
  tokenValidityMinutes: 5,
  mfa: 'optional',
};

interface Deployed extends DeployedStack {
  readonly options: Record<string, unknown>;
}

interface Reply {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
  readonly document: string;
}

/** Returns a function that sends a request to the edge. It reads the authority's file each time, which changes with the edge's names. */
function edgeOf(url: string, caFile: string) {
  return (
    method: string,
    path: string,
    headers: Record<string, string> = {},
    name?: string,
  ): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(url);
      const named = name === undefined ? {} : { servername: name, setHost: false };
      const ca = readFileSync(caFile);
      const host: Record<string, string> = omitUndefined({ host: name });
      const sent = request(
        { hostname, port, path, method, ca, headers: { ...headers, ...host }, agent: false, ...named },
        (response) => {
          const { statusCode: status, headers: answered } = response;
          text(response).then((document) => {
            const body = document.startsWith('{') ? JSON.parse(document) : {};
            resolve({ status, headers: answered, body, document });
          }, reject);
        },
      );
      sent.once('error', reject);
      sent.end(method === 'PUT' ? 'x' : undefined);
    });
}

async function options(computer: Computer): Promise<Record<string, unknown>> {
  const { options } = await computer.json<{ options: { name: string; value: unknown }[] }>(['status']);
  return Object.fromEntries(
    options.filter(({ value }) => value !== null).map(({ name, value }) => [name, value]),
  );
}

async function logBucketOf({ cloudformation }: AwsClients): Promise<string> {
  const { StackResources = [] } = await cloudformation.describeStackResources({ StackName: 'edge-upload' });
  return StackResources.find(({ LogicalResourceId = '' }) => /^LogBucket[^P]/.test(LogicalResourceId))
    ?.PhysicalResourceId as string;
}

/** Returns the lines of the logs delivered so far. */
async function accessLog({ s3 }: AwsClients, Bucket: string): Promise<string> {
  const { Contents = [] } = await s3.listObjectsV2({ Bucket });
  const files = Contents.map(async ({ Key }) => {
    const { Body } = await s3.getObject({ Bucket, Key });
    return gunzipSync((await Body?.transformToByteArray()) ?? '').toString();
  });
  return (await Promise.all(files)).join('');
}

test('sets options, keeps them at a plain deploy, and resets them', async (t) => {
  await withCloudProcess(async (computer, cloud) => {
    const aws = awsClients(t, cloud);
    const first = await computer.json<Deployed>(['deploy', '--local']);
    assert.deepEqual(first.options, {});
    const edge = edgeOf(first.url, cloud.caFile);
    const bucket = { Bucket: first.outputs.S3BucketName };
    const username = await signIn(computer);
    const env = { EDGE_UPLOAD_USERNAME: username, EDGE_UPLOAD_PASSWORD: PASSWORD };
    await writeFile(join(computer.home, 'small.txt'), 'small');
    await writeFile(join(computer.home, 'large.txt'), 'x'.repeat(1025));
    const put = async (file: string, key: string) => {
      const { code, stdout } = await computer.run(['put', file, '--as', key, '--json'], { env });
      const [line = '{}'] = stdout.trim().split('\n');
      const { error } = JSON.parse(line) as { error?: { code?: string } };
      return [code, error?.code];
    };

    const deployed = await computer.json<Deployed>(['deploy', '--local', '--yes', ...FLAGS]);
    assert.equal(deployed.outcome, 'changed');
    assert.deepEqual(deployed.outputs, first.outputs, 'nothing was replaced');
    assert.deepEqual(deployed.options, CHOSEN);
    assert.deepEqual(await options(computer), CHOSEN);

    // Permissions to write.
    assert.equal((await put('small.txt', 'a.txt'))[0], 4);
    await computer.json(['user', 'groups', username, '--add', 'writers', '--create']);
    const folder = `in/writers/${username}`;
    assert.deepEqual(await put('small.txt', `${folder}/a.txt`), [0, undefined]);
    assert.deepEqual(await put('small.txt', 'in/writers/bob/a.txt'), [0, undefined]);
    const elsewhere = await aws.s3.listObjectsV2({ ...bucket, Prefix: 'in/writers/' });
    const keys = elsewhere.Contents?.map(({ Key }) => Key).sort();
    assert.deepEqual(
      keys,
      [`${folder}/a.txt`, `${folder}/in/writers/bob/a.txt`],
      'below the folder of the user',
    );
    assert.equal((await put('large.txt', `${folder}/large.txt`))[0], 6);
    const described = await edge('GET', '/.well-known/edge-upload');
    assert.deepEqual(described.body.policy, {
      maxSize: 1024,
      writeTo: CHOSEN.writeTo,
      allowGroups: ['writers'],
      corsOrigins: [PAGE],
    });

    // Unfinished uploads are listed only if nobody else can write the key.
    const { token } = await computer.json<{ token: string }>(['token'], { env });
    const own = { authorization: token };
    for (const Key of [`${folder}/open`, `${folder}/open too`, `${folder}/ope`, 'in/writers/bob/open']) {
      await aws.s3.createMultipartUpload({ ...bucket, Key });
    }
    const { status, document } = await edge('GET', `/${folder}/open?uploads`, own);
    assert.equal(status, 200);
    assert.deepEqual(
      [...document.matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key]) => key),
      [`${folder}/open`, `${folder}/open too`],
    );
    assert.equal((await edge('GET', '/in/writers/bob/open?uploads', own)).status, 403);

    // The lifetime of a token.
    const { iat, exp } = claimsOf(token);
    assert.equal(Number(exp) - Number(iat), 300);

    // CORS.
    const asking = {
      'access-control-request-method': 'PUT',
      'access-control-request-headers': 'authorization',
    };
    const preflight = await edge('OPTIONS', `/${folder}/b.txt`, { origin: PAGE, ...asking });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers['access-control-allow-origin'], PAGE);
    assert.equal(preflight.headers['access-control-allow-headers'], 'authorization');
    const stranger = await edge('OPTIONS', '/b.txt', { origin: 'https://evil.example.com', ...asking });
    assert.deepEqual([stranger.status, stranger.body.error], [403, 'forbidden_origin']);
    const refused = await edge('PUT', '/b.txt', { origin: PAGE, 'content-length': '1' });
    assert.deepEqual([refused.status, refused.headers['access-control-allow-origin']], [401, PAGE]);
    const stored = await edge('PUT', `/${folder}/b.txt`, {
      origin: PAGE,
      authorization: token,
      'content-length': '1',
    });
    assert.deepEqual([stored.status, stored.headers['access-control-allow-origin']], [200, PAGE]);
    assert.match(String(stored.headers['access-control-expose-headers']), /ETag/);

    // A custom host name with its own certificate.
    const named = await edge('GET', '/.well-known/edge-upload', {}, DOMAIN);
    assert.equal(named.status, 200);

    // Settings of the bucket, the pool and the stack.
    assert.ok(stored.headers['x-amz-version-id']);
    assert.equal((await aws.s3.getBucketVersioning(bucket)).Status, 'Enabled');
    const { Rules = [] } = await aws.s3.getBucketLifecycleConfiguration(bucket);
    assert.ok(Rules.some(({ Expiration }) => Expiration?.Days === 30));
    const pool = { UserPoolId: first.outputs.CognitoUserPoolId };
    const mfa = async () => (await aws.cognito.describeUserPool(pool)).UserPool?.MfaConfiguration;
    assert.equal(await mfa(), 'OPTIONAL');
    const tags = async () => {
      const { Stacks } = await aws.cloudformation.describeStacks({ StackName: 'edge-upload' });
      return Stacks?.[0]?.Tags;
    };
    assert.deepEqual(await tags(), [{ Key: 'team', Value: 'media' }]);
    // When a cloud stops, it delivers the logs that it has collected.
    await computer.json(['local', 'stop']);
    await computer.json(['local', 'start']);
    const logBucket = await logBucketOf(aws);
    const lines = await accessLog(aws, logBucket);
    assert.ok(lines.includes(`/${folder}/b.txt\t200`), lines);
    assert.match(lines, /PUT\t[^\t]+\t\/b\.txt\t401/);
    assert.ok(!lines.includes(token.slice(0, 20)));
    const template = await computer.run(['synth', '--local']);
    assert.match(template.stdout, /"PriceClass": "PriceClass_100"/);
    const gone = join(computer.home, 'gone');
    for (const args of [['synth', '--local'], ['demo']]) {
      const { code, stderr } = await computer.built.run(args, { env: { TMPDIR: gone, TEMP: gone } });
      assert.equal(code, 1, stderr);
      assert.match(stderr, /A temporary folder cannot be created in .*gone: .*\n {2}Set TMPDIR/);
    }

    // A deploy without flags keeps all options, and a refused deploy changes none.
    const plain = await computer.json<Deployed>(['deploy', '--local']);
    assert.deepEqual([plain.outcome, plain.options], ['unchanged', CHOSEN]);
    for (const [reason, ...flags] of [
      ['no web ACLs', '--web-acl-arn', WEB_ACL],
      ['the same keys', '--write-to', '{group}-{username}/'],
    ] as const) {
      const refused = await computer.run(['deploy', '--local', '--yes', ...flags, '--json']);
      assert.deepEqual([refused.code, refused.stdout.includes(reason)], [2, true], refused.stdout);
    }
    assert.deepEqual(await options(computer), CHOSEN);

    // The exported file changes nothing. A change in the file is shown, then deployed.
    const file = join(computer.home, 'edge-upload.yaml');
    const fromFile = ['deploy', '--local', '--file', 'edge-upload.yaml'];
    const written = (await computer.run(['status', '--yaml'])).stdout;
    await writeFile(file, written);
    const same = await computer.json<Deployed>(fromFile);
    assert.deepEqual([same.outcome, same.options], ['unchanged', CHOSEN]);
    await writeFile(
      file,
      written.replace('max-size: 1KiB', 'max-size: 2K').replace(/^expire-after.*\n/m, ''),
    );
    const difference = (await computer.run([...fromFile, '--dry-run'])).stdout;
    assert.match(difference, /max-size: 1 KiB → 2 KiB/);
    assert.match(difference, /expire-after: 30 days → none/);
    for (const [text, flags, message] of [
      [
        written.replace('max-size', 'maxsize'),
        [],
        /^error: edge-upload\.yaml:\d+:1: maxsize is not known \(did you mean max-size\?\)\./,
      ],
      [written, ['--mfa', 'off'], /--mfa is not used with --file/],
      [written, ['--unset', 'mfa'], /--unset is not used with --file/],
      [`${written}web-acl-arn: ${WEB_ACL}\n`, [], /no web ACLs/],
    ] as const) {
      await writeFile(file, text);
      const refused = await computer.run([...fromFile, ...flags]);
      assert.equal(refused.code, 2, refused.stdout);
      assert.match(refused.stderr, message);
    }
    assert.deepEqual(await options(computer), CHOSEN);
    await writeFile(file, written.replace('max-size: 1KiB', 'max-size: 2K'));
    const changed = await computer.json<Deployed>([...fromFile, '--yes']);
    assert.deepEqual(changed.options, { ...CHOSEN, maxSize: 2048 });

    // Resets all options except those that retain data.
    const unset = FLAGS.filter((flag) => flag.startsWith('--') && flag !== '--retain-data').flatMap(
      (flag) => ['--unset', flag.slice(2)],
    );
    const bare = await computer.json<Deployed>(['deploy', '--local', '--yes', ...unset]);
    assert.deepEqual(bare.options, { versioning: false, accessLogs: false, retainData: true });
    assert.deepEqual(await put('large.txt', 'anywhere.txt'), [0, undefined]);
    assert.equal((await edge('OPTIONS', '/b.txt', { origin: PAGE, ...asking })).status, 405);
    assert.equal((await aws.s3.getBucketVersioning(bucket)).Status, 'Suspended');
    assert.deepEqual([await mfa(), await tags()], ['OFF', []]);
    await assert.rejects(edge('GET', '/.well-known/edge-upload', {}, DOMAIN), {
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });

    const destroyed = await computer.json<{ kept: { name: string }[] }>(['destroy', '--yes']);
    const kept = [pool.UserPoolId, bucket.Bucket, logBucket].sort();
    assert.deepEqual(destroyed.kept.map(({ name }) => name).sort(), kept);
    const { Versions = [] } = await aws.s3.listObjectVersions(bucket);
    assert.ok(Versions.some(({ Key }) => Key === `${folder}/a.txt`));
  });
});
