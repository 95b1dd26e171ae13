import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sha256 } from '../../local/auth/canonical.ts';
import { sign } from '../../local/auth/sigv4.ts';
import { type Cloud, openCloud } from '../../local/cloud.ts';
import { OPERATIONS as STACK_OPERATIONS } from '../../local/cloudformation/service.ts';
import { OPERATIONS as COGNITO_OPERATIONS } from '../../local/cognito/service.ts';
import { mutateText, mutations } from '../support/mutations.ts';
import { seeded } from '../support/random.ts';

/** Versions of the APIs with the query protocol. The others have one version. */
const VERSIONS: Readonly<Record<string, string>> = { sts: '2011-06-15', sns: '2010-03-31' };

interface Sent {
  readonly method?: string;
  readonly target?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly service: string;
  /** Changes the headers once they are signed. */
  readonly spoil?: (headers: Record<string, string>) => Record<string, string>;
}

const LOGS = [
  'DescribeLogGroups',
  'DescribeLogStreams',
  'FilterLogEvents',
  'GetLogEvents',
  'PutRetentionPolicy',
];
const BUCKET = 'fuzzed-bucket';

/** Characters of header values, without those that Node's client refuses to send. */
const headerText = (text: string) => text.replace(/[^\t\x20-\x7e]/g, '').trim();

describe('S malformed requests', { concurrency: false }, () => {
  let cloud: Cloud;
  let dataDir: string;
  let pool = '';
  let client = '';
  const defects: unknown[] = [];
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });

  before(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'fuzz-'));
    cloud = await openCloud({ dataDir, port: 0, onDefect: (error) => defects.push(error) });
    await send({ service: 's3', method: 'PUT', target: `/${BUCKET}` });
    await send({ service: 's3', method: 'PUT', target: `/${BUCKET}/k`, body: 'x' });
    const Resources = {
      Pool: { Type: 'AWS::Cognito::UserPool', Properties: {} },
      Client: { Type: 'AWS::Cognito::UserPoolClient', Properties: { UserPoolId: { Ref: 'Pool' } } },
    };
    const Outputs = { Pool: { Value: { Ref: 'Pool' } }, Client: { Value: { Ref: 'Client' } } };
    const TemplateBody = JSON.stringify({ Resources, Outputs });
    await query('cloudformation', { Action: 'CreateStack', StackName: 'fuzzed', TemplateBody });
    await cloud.idle();
    const { text } = await query('cloudformation', { Action: 'DescribeStacks', StackName: 'fuzzed' });
    const outputs = new Map(
      [...text.matchAll(/<OutputKey>(\w+)<\/OutputKey><OutputValue>([^<]*)/g)].map(([, key, value]) => [
        key,
        value,
      ]),
    );
    pool = outputs.get('Pool') ?? '';
    client = outputs.get('Client') ?? '';
    assert.ok(pool && client, text);
  });
  after(async () => {
    agent.destroy();
    await cloud.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function send(sent: Sent): Promise<{ status: number; text: string }> {
    const { method = 'POST', target = '/', body = '', service, spoil = (headers) => headers } = sent;
    const { accessKeyId, secretAccessKey } = cloud.accessKey;
    const [path = '', queryText = ''] = target.split(/\?(.*)/s);
    const { host, port } = new URL(cloud.endpoint);
    const unsigned: Record<string, string> = { host, ...sent.headers };
    const payloadHash =
      unsigned['x-amz-content-sha256'] ?? (service === 's3' ? 'UNSIGNED-PAYLOAD' : sha256(body));
    const key = { accessKeyId, secret: secretAccessKey, service, region: 'us-east-1', now: new Date() };
    const signed = { method, path, query: isEncoded(target) ? queryText : '', headers: unsigned };
    const signature = sign({ ...signed, path: isEncoded(path) ? path : '/' }, { ...key, payloadHash });
    const headers = spoil({ ...unsigned, ...signature, 'content-length': String(Buffer.byteLength(body)) });
    return new Promise((resolve, reject) => {
      const message = httpRequest(
        { host: '127.0.0.1', port, method, path: target, headers, agent },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
          );
        },
      );
      message.once('error', reject);
      message.end(body);
    });
  }

  const query = (service: string, form: Record<string, string>) =>
    send({
      service,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        Version: VERSIONS[service] ?? '2010-05-15',
        ...form,
      }).toString(),
    });

  /** Asserts that the service responds itself: unsupported requests are a 501, and nothing is a defect of the cloud. */
  async function judged(sent: Sent, what: string): Promise<number> {
    const { status, text } = await send(sent).catch((error: Error) => {
      throw new Error(`${what}: ${error.message}`);
    });
    assert.deepEqual(defects, [], what);
    assert.ok(status < 500 || status === 501, `${status} ${text}\n${what}`);
    assert.doesNotMatch(text, /InternalFailure|InternalError|ServiceFailure/, what);
    return status;
  }

  it('XML: answers each without a fault', async () => {
    const { text } = await send({ service: 's3', target: `/${BUCKET}/m?uploads` });
    const uploadId = /<UploadId>(.*)<\/UploadId>/.exec(text)?.[1] ?? '';
    const doors: [string, string, string][] = [
      [
        'POST',
        `/${BUCKET}?delete`,
        '<Delete><Quiet>true</Quiet><Object><Key>a&amp;b</Key></Object></Delete>',
      ],
      [
        'POST',
        `/${BUCKET}/m?uploadId=${uploadId}`,
        '<?xml version="1.0"?><CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Part><ETag>"0"</ETag><PartNumber>1</PartNumber><ChecksumCRC32>AAAAAA==</ChecksumCRC32></Part></CompleteMultipartUpload>',
      ],
      [
        'PUT',
        `/${BUCKET}?versioning`,
        '<VersioningConfiguration><!-- c --><Status><![CDATA[Suspended]]></Status></VersioningConfiguration>',
      ],
      ['PUT', `/${BUCKET}`, '<CreateBucketConfiguration><LocationConstraint/></CreateBucketConfiguration>'],
      ['PUT', `/${BUCKET}?lifecycle`, '<LifecycleConfiguration><Rule/></LifecycleConfiguration>'],
    ];
    const random = seeded(11);
    const statuses = new Set<number>();
    for (const [method, target, document] of doors) {
      for (let made = 0; made < 80; made += 1) {
        const body = mutateText(document, random);
        const md5 = createHash('md5').update(body).digest('base64');
        const headers = { 'content-md5': md5 };
        statuses.add(await judged({ service: 's3', method, target, body, headers }, `${target} ${body}`));
      }
    }
    assert.ok(statuses.has(400) && statuses.has(200), [...statuses].join());
  });

  it('policies: answers each without a fault', async () => {
    const policy = {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Deny',
          Principal: { AWS: '*' },
          Action: ['s3:Get*'],
          Resource: `arn:aws:s3:::${BUCKET}/secret/*`,
          Condition: { StringNotLike: { 'aws:SourceArn': ['a'] }, Bool: { 'aws:SecureTransport': 'false' } },
        },
      ],
    };
    for (const body of mutations(JSON.stringify(policy), 150, 12)) {
      await judged({ service: 's3', method: 'PUT', target: `/${BUCKET}?policy`, body }, body);
      await send({ service: 's3', method: 'DELETE', target: `/${BUCKET}?policy` });
    }
  });

  it('methods, keys, queries and headers of S3', async () => {
    const random = seeded(13);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
    const odd = [
      '',
      '0',
      '-1',
      '1e9',
      '99999999999999999999',
      '%00',
      '%ff',
      '%',
      'a%2Fb',
      '../..',
      '__proto__',
      "!'()*",
      '*',
      'x'.repeat(2_000),
    ];
    const keys = [
      'uploads',
      'uploadId',
      'partNumber',
      'versionId',
      'list-type',
      'max-keys',
      'continuation-token',
      'prefix',
      'delimiter',
      'encoding-type',
      'versions',
      'version-id-marker',
      'key-marker',
      'policy',
      'acl',
      'constructor',
      '__proto__',
      'delete',
      'location',
      'max-parts',
      'part-number-marker',
      'start-after',
      'x-id',
    ];
    const names = [
      'range',
      'if-match',
      'if-none-match',
      'if-range',
      'if-modified-since',
      'content-md5',
      'content-type',
      'x-amz-copy-source',
      'x-amz-copy-source-range',
      'x-amz-copy-source-if-match',
      'x-amz-metadata-directive',
      'x-amz-checksum-crc32',
      'x-amz-checksum-algorithm',
      'x-amz-checksum-type',
      'x-amz-sdk-checksum-algorithm',
      'x-amz-content-sha256',
      'x-amz-decoded-content-length',
      'x-amz-trailer',
      'x-amz-meta-__proto__',
      'x-amz-mp-object-size',
      'x-amz-acl',
      'x-amz-date',
      'x-amz-security-token',
      'expires',
      'content-encoding',
    ];
    const values = [
      ...odd.map(decodeLoosely),
      'bytes=0-',
      'bytes=5-1',
      'bytes=-0',
      `/${BUCKET}/k`,
      `${BUCKET}/k?versionId=null`,
      'REPLACE',
      'SHA256',
      'COMPOSITE',
      'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
      'a'.repeat(64),
      'AAAAAA==',
      'aws-chunked',
      'Mon, 01 Jan 2024 00:00:00 GMT',
      '"',
      '*',
    ];
    for (let made = 0; made < 500; made += 1) {
      const pairs = Array.from({ length: Math.floor(random() * 3) }, () => `${pick(keys)}=${pick(odd)}`);
      const target = `/${pick([BUCKET, BUCKET, '', 'other-bucket', '%ff', '..'])}/${pick(['k', '', ...odd])}?${pairs.join('&')}`;
      const headers: Record<string, string> = {};
      for (let left = random() * 3; left > 0; left -= 1) headers[pick(names)] = headerText(pick(values));
      const method = pick(['GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH']);
      await judged(
        { service: 's3', method, target, headers, body: pick(['', 'x']) },
        `${method} ${target} ${JSON.stringify(headers)}`,
      );
    }
  });

  it('signatures', async () => {
    const random = seeded(14);
    for (const service of [
      's3',
      'cognito-idp',
      'cloudformation',
      'sts',
      'iam',
      'lambda',
      'logs',
      'events',
      'sns',
    ]) {
      for (let made = 0; made < 40; made += 1) {
        const spoil = (headers: Record<string, string>) => {
          const name = random() < 0.7 ? 'authorization' : 'x-amz-date';
          return { ...headers, [name]: headerText(mutateText(headers[name] ?? '', random)) };
        };
        await judged({ service, method: 'GET', target: '/a?X-Amz-Algorithm=b', spoil }, service);
      }
    }
    for (let made = 0; made < 60; made += 1) {
      const presigned = `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${cloud.accessKey.accessKeyId}%2F20260101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20260101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=${'a'.repeat(64)}`;
      const target = `/${BUCKET}/k?${encodeURI(mutateText(presigned, random).replace(/[\ud800-\udfff]/g, ''))}`;
      const spoil = ({ authorization: _, ...headers }: Record<string, string>) => headers;
      await judged({ service: 's3', method: 'GET', target, spoil }, target);
    }
  });

  it('chunked bodies', async () => {
    const random = seeded(15);
    const framed = '5\r\nhello\r\n3\r\nabc\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n';
    for (let made = 0; made < 150; made += 1) {
      const body = Buffer.from(mutateText(framed, random), 'latin1');
      const signed = random() < 0.3;
      const headers = {
        'x-amz-content-sha256': signed
          ? 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER'
          : 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        'x-amz-decoded-content-length': '8',
        'x-amz-trailer': 'x-amz-checksum-crc32',
      };
      await judged(
        { service: 's3', method: 'PUT', target: `/${BUCKET}/c`, headers, body },
        JSON.stringify(body.toString('latin1')),
      );
    }
  });

  it('JSON of Cognito, each operation', async () => {
    const members = {
      UserPoolId: pool,
      ClientId: client,
      Username: 'ann',
      GroupName: 'group',
      AuthFlow: 'USER_SRP_AUTH',
      AuthParameters: { USERNAME: 'ann', SRP_A: 'ab12', PASSWORD: 'x', REFRESH_TOKEN: 'a.b' },
      ChallengeName: 'NEW_PASSWORD_REQUIRED',
      ChallengeResponses: { USERNAME: 'ann', NEW_PASSWORD: 'Aa1!Aa1!', 'userAttributes.email': 'a@b' },
      Session: 'x'.repeat(40),
      UserAttributes: [{ Name: 'email', Value: 'a@example.com' }],
      TemporaryPassword: 'Correct-Horse-1!',
      Password: 'Correct-Horse-1!',
      AccessToken: 'e30.e30.e30',
      RefreshToken: 'a.b',
      Token: 'a.b',
      Filter: 'email ^= "a"',
      Limit: 10,
      MaxResults: 10,
      Precedence: 1,
      ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH'],
      RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 1 },
      SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: true },
      UserCode: '123456',
      ConfirmationCode: '123456',
      ProposedPassword: 'Other-Horse-1!',
      PreviousPassword: 'Correct-Horse-1!',
    };
    let seed = 16;
    for (const operation of Object.keys(COGNITO_OPERATIONS)) {
      const headers = {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
      };
      seed += 1;
      for (const body of mutations(JSON.stringify(members), 15, seed)) {
        await judged({ service: 'cognito-idp', headers, body }, `${operation} ${body}`);
      }
    }
  });

  it('JSON of CloudWatch Logs and of Lambda', async () => {
    const members = {
      logGroupName: '/aws/lambda/x',
      logStreamName: 'y',
      filterPattern: '"a" ?b -c',
      startTime: 0,
      endTime: 9_999_999_999_999,
      limit: 10,
      nextToken: 'abc',
      orderBy: 'LastEventTime',
      retentionInDays: 7,
    };
    let seed = 90;
    for (const operation of LOGS) {
      const headers = {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `Logs_20140328.${operation}`,
      };
      seed += 1;
      for (const body of mutations(JSON.stringify(members), 30, seed)) {
        await judged({ service: 'logs', headers, body }, `${operation} ${body}`);
      }
    }
    const random = seeded(99);
    for (let made = 0; made < 80; made += 1) {
      const path = '/2015-03-31/functions/name:1/versions?Marker=abc&MaxItems=5&Qualifier=1';
      const target = `/${encodeURI(mutateText(path, random).replace(/[\ud800-\udfff]/g, '')).replace(/^\/+/, '')}`;
      const method = random() < 0.8 ? 'GET' : 'DELETE';
      await judged({ service: 'lambda', method, target }, `${method} ${target}`);
    }
  });

  it('refuses names of Object.prototype as operations, members and parameters', async () => {
    const json = { 'content-type': 'application/x-amz-json-1.1' };
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const polluted =
      '{"__proto__":{"UserPoolId":"x","logGroupName":"x"},"constructor":{"prototype":{"limit":1}}}';
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf']) {
      for (const [service, target] of [
        ['cognito-idp', 'AWSCognitoIdentityProviderService'],
        ['logs', 'Logs_20140328'],
        ['events', 'AWSEvents'],
      ] as const) {
        const headers = { ...json, 'x-amz-target': `${target}.${name}` };
        const { status, text } = await send({ service, headers, body: '{}' });
        assert.deepEqual([status, JSON.parse(text).__type], [400, 'UnknownOperationException'], name);
      }
      for (const service of ['cloudformation', 'sts', 'iam', 'sns']) {
        const { status, text } = await query(service, { Action: name });
        assert.equal(status, 400);
        assert.match(text, new RegExp(`Could not find operation ${name} for version`));
      }
      const parameter = await query('cloudformation', { Action: 'ListStacks', [name]: 'x' });
      assert.match(parameter.text, new RegExp(`does not support the parameter ${name}`));
      const target = `/2015-03-31/functions/${name}`;
      assert.equal((await send({ service: 'lambda', method: 'GET', target })).status, 404, name);
      assert.equal((await send({ service: 'lambda', method: 'GET', target: `/${name}` })).status, 404, name);
      const s3 = await send({ service: 's3', method: 'GET', target: `/${BUCKET}?${name}=x` });
      assert.match(s3.text, /<Code>NotImplemented<\/Code>/, name);
    }
    for (const [service, target] of [
      ['cognito-idp', 'AWSCognitoIdentityProviderService.ListUsers'],
      ['logs', 'Logs_20140328.GetLogEvents'],
    ] as const) {
      const headers = { ...json, 'x-amz-target': target };
      const { status, text } = await send({ service, headers, body: polluted });
      assert.equal(status, 400);
      assert.match(text, /does not support the parameter __proto__/, service);
    }
    const headers = { ...form };
    const body = 'Action=ListStacks&Version=2010-05-15&__proto__.member.1=x';
    assert.equal((await send({ service: 'cloudformation', headers, body })).status, 400);
    assert.equal(({} as Record<string, unknown>).member, undefined);
    assert.equal(({} as Record<string, unknown>).limit, undefined);
    assert.deepEqual(defects, []);
  });

  it('links of SNS, which have no signature', async () => {
    const random = seeded(18);
    const link =
      'Action=ConfirmSubscription&Version=2010-03-31&TopicArn=arn:aws:sns:us-east-1:000000000000:a&Token=b';
    const spoil = ({ authorization: _, ...headers }: Record<string, string>) => headers;
    for (let made = 0; made < 100; made += 1) {
      const target = `/?${encodeURI(mutateText(link, random).replace(/[\ud800-\udfff]/g, ''))}`;
      await judged({ service: 'sns', method: 'GET', target, spoil }, target);
    }
  });

  it('forms of CloudFormation, STS and IAM, each action', async () => {
    const random = seeded(17);
    const template = JSON.stringify({ Resources: { Bucket: { Type: 'AWS::S3::Bucket' } } });
    const form = `StackName=fuzzed&TemplateBody=${encodeURIComponent(template)}&ChangeSetName=one&ChangeSetType=UPDATE&Parameters.member.1.ParameterKey=A&Parameters.member.1.ParameterValue=1&Tags.member.1.Key=a&Tags.member.1.Value=b&LogicalResourceId=Pool&NextToken=x&Capabilities.member.1=CAPABILITY_IAM&StackStatusFilter.member.1=CREATE_COMPLETE&ClientRequestToken=t`;
    const actions: [string, string, string][] = [
      ...[...Object.keys(STACK_OPERATIONS)]
        .filter((action) => action !== 'DeleteStack')
        .map((action): [string, string, string] => ['cloudformation', '2010-05-15', action]),
      ['sts', '2011-06-15', 'GetCallerIdentity'],
      ['iam', '2010-05-08', 'SimulatePrincipalPolicy'],
    ];
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    for (const [service, version, action] of actions) {
      for (let made = 0; made < 20; made += 1) {
        const body = `Action=${action}&Version=${version}&${mutateText(form, random).replace(/[\ud800-\udfff]/g, '')}`;
        await judged({ service, headers, body }, `${service} ${body}`);
      }
    }
    await cloud.idle();
  });

  it('templates, in JSON and in YAML', async () => {
    const template = {
      Parameters: { A: { Type: 'String', Default: 'x', AllowedPattern: 'x+' } },
      Conditions: { C: { 'Fn::Equals': [{ Ref: 'A' }, 'x'] } },
      Resources: {
        Bucket: {
          Type: 'AWS::S3::Bucket',
          Condition: 'C',
          DependsOn: ['Topic'],
          Properties: { BucketName: { 'Fn::Sub': ['$' + '{A}-b', { A: 1 }] } },
        },
        Topic: {
          Type: 'AWS::S3::Bucket',
          Properties: { Tags: [{ Key: 'a', Value: { 'Fn::Join': ['-', ['a']] } }] },
        },
      },
      Outputs: { O: { Value: { 'Fn::GetAtt': ['Bucket', 'Arn'] } } },
    };
    const yaml =
      'Resources:\n  Bucket: &b\n    Type: AWS::S3::Bucket\n    Properties:\n      BucketName: !Sub "x-b"\n  More: *b\nOutputs:\n  O: {Value: !GetAtt Bucket.Arn}\n';
    const random = seeded(18);
    const texts = [
      ...mutations(JSON.stringify(template), 150, 18),
      ...Array.from({ length: 100 }, () => mutateText(yaml, random)),
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'.replace(/./g, (name) => `${name}: &${name} [${`*${String.fromCharCode(name.charCodeAt(0) - 1)},`.repeat(9)}x]\n`)}`,
      '['.repeat(20_000),
      `{"Resources":${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}}`,
    ];
    for (const TemplateBody of texts) {
      const body = new URLSearchParams({
        Action: random() < 0.5 ? 'ValidateTemplate' : 'GetTemplateSummary',
        Version: '2010-05-15',
        TemplateBody,
      }).toString();
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      await judged({ service: 'cloudformation', headers, body }, TemplateBody.slice(0, 2_000));
    }
  });
});

/** Whether all escapes of a target are valid. Other targets cannot be signed: they are sent with another's signature. */
const isEncoded = (target: string) => !/%(?![0-9a-f]{2})/i.test(target);

/** Returns the text with valid escapes decoded, for a header. */
function decodeLoosely(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
