import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { authenticate } from '../../../../../local/auth/sigv4.ts';
import type { JsonObject } from '../../../../../local/json.ts';
import { send } from '../../client.ts';
import {
  ACCESS_CONTROL,
  BUCKET_HOST,
  type Deployed,
  deploy,
  distributionProperties,
  type Fixture,
  openFixture,
  SUFFIX,
  withBehavior,
  withOrigin,
} from '../../fixture.ts';

const VIEWER_HEADERS = {
  authorization: 'Bearer token',
  'content-type': 'image/jpeg',
  'content-md5': 'kAFQmDzST7DWlj99KOF/cg==',
  'x-amz-meta-note': 'n',
  'x-other': 'o',
  'user-agent': 'test/1',
  cookie: 'a=1; b=2',
  via: '1.1 proxy',
  'x-forwarded-for': '203.0.113.7',
  te: 'trailers',
};

describe('the request to the origin', () => {
  let fixture: Fixture;
  let deployed: Deployed;
  before(async () => {
    fixture = await openFixture();
    deployed = await deploy(fixture);
  });
  after(() => fixture.close());
  beforeEach(async () => {
    fixture.asked.length = 0;
    await configure((properties) => properties);
  });

  async function configure(shape: (properties: JsonObject) => JsonObject): Promise<void> {
    const previous = distributionProperties(deployed.accessControlId);
    await fixture
      .resource('Distribution')
      .update({ physicalId: deployed.physicalId, previous, properties: shape(previous) });
  }

  async function askedFor(path: string, headers: Record<string, string> = VIEWER_HEADERS) {
    await send(fixture, `${deployed.url}${path}`, { method: 'PUT', headers, body: 'abc' });
    const asked = fixture.asked.at(-1);
    assert.ok(asked);
    return asked;
  }

  function authenticated(request: Awaited<ReturnType<typeof askedFor>>) {
    return authenticate(request, { service: 's3', identities: fixture.identities, now: fixture.now });
  }

  it('is signed as the distribution if an origin access control requires it', async () => {
    const asked = await askedFor('/a%20key/x?partNumber=1&uploadId=u');
    assert.equal(asked.path, '/uploads/a%20key/x');
    assert.equal(asked.headers['x-amz-content-sha256'], 'UNSIGNED-PAYLOAD');
    assert.deepEqual(authenticated(asked).principal, {
      kind: 'service',
      service: 'cloudfront.amazonaws.com',
      sourceArn: `arn:aws:cloudfront::000000000000:distribution/${deployed.physicalId}`,
      sourceAccount: '000000000000',
    });
  });

  it('has a wrong signature if its query contains unencoded characters that S3 encodes', async () => {
    await configure((properties) =>
      withBehavior(properties, { OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac' }),
    );
    const encoded = await askedFor('/k?prefix=a%21%27%28%29%2A&uploads=');
    assert.equal(authenticated(encoded).principal.kind, 'service');
    for (const query of ['prefix=a!', 'prefix=(a)', 'prefix=*', 'prefix=a%2fb', 'prefix=a/b']) {
      const asked = await askedFor(`/k?${query}`);
      assert.throws(() => authenticated(asked), { code: 'SignatureDoesNotMatch' }, query);
    }
  });

  it('has all headers but Host with AllViewerExceptHostHeader', async () => {
    const { headers, query } = await askedFor('/k?partNumber=1&response-content-type=x&uploads');
    assert.equal(query, 'partNumber=1&uploads');
    assert.equal(headers.host, BUCKET_HOST);
    assert.equal(headers['x-other'], 'o');
    assert.equal(headers['x-amz-meta-note'], 'n');
    assert.equal(headers['user-agent'], 'test/1');
    assert.equal(headers.cookie, 'a=1; b=2');
    assert.equal(headers['content-length'], '3');
    assert.equal(headers['x-forwarded-for'], '203.0.113.7,127.0.0.1');
    assert.match(headers.via ?? '', /^1\.1 proxy, 1\.1 [0-9a-f]{32}\.cloudfront\.net \(CloudFront\)$/);
    assert.match(headers['x-amz-cf-id'] ?? '', /^[A-Za-z0-9_-]{54}==$/);
    for (const name of ['te', 'connection', 'expect']) assert.equal(headers[name], undefined, name);
    assert.doesNotMatch(headers.authorization ?? '', /Bearer/);
  });

  it('has only the documented headers without a policy', async () => {
    await configure((properties) => {
      const { OriginRequestPolicyId: _none, ...behavior } = (
        properties as { DistributionConfig: { DefaultCacheBehavior: JsonObject } }
      ).DistributionConfig.DefaultCacheBehavior;
      return {
        DistributionConfig: {
          ...(properties.DistributionConfig as JsonObject),
          DefaultCacheBehavior: behavior,
        },
      };
    });
    const { headers, query } = await askedFor('/k?partNumber=1');
    assert.equal(query, '');
    assert.equal(headers['content-type'], 'image/jpeg');
    assert.equal(headers['content-md5'], VIEWER_HEADERS['content-md5']);
    assert.equal(headers['user-agent'], 'Amazon CloudFront');
    for (const name of ['x-other', 'x-amz-meta-note', 'cookie']) assert.equal(headers[name], undefined, name);
  });

  it("carries the viewer's Host under AllViewer, which S3 finds wrongly signed", async () => {
    await configure((properties) =>
      withBehavior(properties, { OriginRequestPolicyId: '216adef6-5c7f-47e4-b989-5492eafa07d3' }),
    );
    const asked = await askedFor('/k');
    assert.equal(asked.headers.host, deployed.attributes.DomainName);
    assert.throws(() => authenticated(asked), { code: 'SignatureDoesNotMatch' });
  });

  it('forwards what a custom policy names', async () => {
    const policy = await fixture.resource('OriginRequestPolicy').create({
      stackName: 's',
      logicalId: 'P',
      suffix: `policy${SUFFIX}`.slice(0, 20),
      properties: {
        OriginRequestPolicyConfig: {
          Name: 'named',
          HeadersConfig: { HeaderBehavior: 'whitelist', Headers: ['X-Amz-Meta-Note'] },
          CookiesConfig: { CookieBehavior: 'whitelist', Cookies: ['b'] },
          QueryStringsConfig: { QueryStringBehavior: 'allExcept', QueryStrings: ['secret'] },
        },
      },
    });
    await configure((properties) => withBehavior(properties, { OriginRequestPolicyId: policy.physicalId }));
    const { headers, query } = await askedFor('/k?uploads&secret=1&partNumber=2');
    assert.equal(query, 'uploads&partNumber=2');
    assert.equal(headers['x-amz-meta-note'], 'n');
    assert.equal(headers['x-other'], undefined);
    assert.equal(headers.cookie, 'b=2');
  });

  it('goes unsigned with the viewer’s Authorization without an origin access control', async () => {
    for (const shape of [
      (properties: JsonObject) => withOrigin(properties, { OriginAccessControlId: '' }),
      (properties: JsonObject) => properties,
    ]) {
      await fixture.resource('OriginAccessControl').update({
        physicalId: deployed.accessControlId,
        previous: ACCESS_CONTROL,
        properties: {
          OriginAccessControlConfig: {
            ...(ACCESS_CONTROL.OriginAccessControlConfig as JsonObject),
            SigningBehavior: 'never',
          },
        },
      });
      await configure(shape);
      const { headers } = await askedFor('/k');
      assert.equal(headers.authorization, 'Bearer token');
      assert.equal(headers['x-amz-content-sha256'], undefined);
      assert.equal((await askedFor('/k', {})).headers.authorization, undefined);
    }
    const properties = ACCESS_CONTROL;
    await fixture
      .resource('OriginAccessControl')
      .update({ physicalId: deployed.accessControlId, previous: properties, properties });
  });

  it('adds the origin path before its own', async () => {
    await configure((properties) => withOrigin(properties, { OriginPath: '/inbox' }));
    const asked = await askedFor('/k');
    assert.equal(asked.path, '/uploads/inbox/k');
    assert.equal(authenticated(asked).principal.kind, 'service');
  });
});

describe("the origin's response", () => {
  let fixture: Fixture;
  let deployed: Deployed;
  before(async () => {
    fixture = await openFixture();
    deployed = await deploy(fixture);
  });
  after(() => fixture.close());

  it('is returned with its status, headers and body, marked by the edge', async () => {
    fixture.origin = async () => ({
      status: 412,
      headers: {
        etag: '"e"',
        'x-amz-checksum-crc32': 'AAAAAA==',
        server: 'AmazonS3',
        connection: 'close, x-hop',
        'x-hop': 'h',
        'keep-alive': 'timeout=5',
        via: 'inner',
      },
      body: '<Error><Code>PreconditionFailed</Code></Error>',
    });
    const reply = await send(fixture, `${deployed.url}/k`, { method: 'PUT', body: 'abc' });
    assert.equal(reply.status, 412);
    assert.equal(reply.text, '<Error><Code>PreconditionFailed</Code></Error>');
    assert.equal(reply.headers.etag, '"e"');
    assert.equal(reply.headers['x-amz-checksum-crc32'], 'AAAAAA==');
    assert.equal(reply.headers.server, 'AmazonS3');
    assert.equal(reply.headers['x-hop'], undefined);
    assert.equal(reply.headers['x-cache'], 'Error from cloudfront');
    assert.match(String(reply.headers.via), /^1\.1 [0-9a-f]{32}\.cloudfront\.net \(CloudFront\)$/);
  });

  it('is marked as a miss on success, and has no body for HEAD', async () => {
    fixture.origin = async () => ({ status: 200, headers: { 'content-length': '5', etag: '"e"' } });
    const reply = await send(fixture, `${deployed.url}/k`, { method: 'HEAD' });
    assert.equal(reply.status, 200);
    assert.equal(reply.headers['content-length'], '5');
    assert.equal(reply.headers['x-cache'], 'Miss from cloudfront');
  });

  it('is 502 if the origin fails', async () => {
    fixture.origin = async () => {
      throw new Error('internal words');
    };
    const reply = await send(fixture, `${deployed.url}/k`, { method: 'PUT', body: 'abc' });
    assert.equal(reply.status, 502);
    assert.doesNotMatch(reply.text, /internal words/);
    assert.match(String(fixture.defects.at(-1)), /internal words/);
  });

  it('is 504 if the origin does not respond within the read timeout', async () => {
    const previous = distributionProperties(deployed.accessControlId);
    const properties = withOrigin(previous, { S3OriginConfig: { OriginReadTimeout: 1 } });
    await fixture.resource('Distribution').update({ physicalId: deployed.physicalId, previous, properties });
    fixture.origin = () => new Promise(() => {});
    const reply = await send(fixture, `${deployed.url}/k`, { method: 'PUT', body: 'abc' });
    assert.equal(reply.status, 504);
    assert.equal(reply.headers['x-cache'], 'Error from cloudfront');
  });

  it('has the headers of a response headers policy', async () => {
    const policy = await fixture.resource('ResponseHeadersPolicy').create({
      stackName: 's',
      logicalId: 'R',
      suffix: SUFFIX,
      properties: {
        ResponseHeadersPolicyConfig: {
          Name: 'secure',
          CustomHeadersConfig: {
            Items: [
              { Header: 'X-Own', Value: 'mine', Override: true },
              { Header: 'ETag', Value: 'other', Override: false },
            ],
          },
          RemoveHeadersConfig: { Items: [{ Header: 'Server' }] },
          SecurityHeadersConfig: {
            StrictTransportSecurity: { AccessControlMaxAgeSec: 60, IncludeSubdomains: true, Override: true },
          },
        },
      },
    });
    const previous = distributionProperties(deployed.accessControlId);
    const properties = withBehavior(previous, { ResponseHeadersPolicyId: policy.physicalId });
    await fixture.resource('Distribution').update({ physicalId: deployed.physicalId, previous, properties });
    fixture.origin = async () => ({ status: 200, headers: { server: 'AmazonS3', etag: '"e"' } });
    const { headers } = await send(fixture, `${deployed.url}/k`, { method: 'PUT', body: 'abc' });
    assert.equal(headers['x-own'], 'mine');
    assert.equal(headers.etag, '"e"');
    assert.equal(headers.server, undefined);
    assert.equal(headers['strict-transport-security'], 'max-age=60; includeSubDomains');
    await assert.rejects(fixture.resource('ResponseHeadersPolicy').delete(policy.physicalId, {}), {
      code: 'ResponseHeadersPolicyInUse',
    });
  });
});
