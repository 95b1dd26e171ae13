import assert from 'node:assert/strict';
import { type AddressInfo, createServer } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { FunctionVersion } from '../../../local/cloudfront/lambda-association.ts';
import type { JsonObject } from '../../../local/json.ts';
import { send } from './client.ts';
import {
  ACCESS_CONTROL,
  deploy,
  distributionProperties,
  type Fixture,
  openFixture,
  SUFFIX,
  VERSION_ARN,
  withBehavior,
  withOrigin,
} from './fixture.ts';

const CREATE = { stackName: 'stack', logicalId: 'Thing', suffix: SUFFIX };
const OTHER_SUFFIX = '9876543210abcdefghij';

describe('AWS::CloudFront::Distribution', () => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = await openFixture();
  });
  const closing = (test: () => Promise<void>) => async () => {
    try {
      await test();
    } finally {
      await fixture.close();
    }
  };

  it(
    'is created as CDK synthesizes it, its name the address it answers on',
    closing(async () => {
      const deployed = await deploy(fixture);
      assert.equal(deployed.physicalId, 'EABCDEFGHIJ012');
      assert.deepEqual(Object.keys(deployed.attributes).sort(), ['DomainName', 'Id']);
      assert.match(deployed.attributes.DomainName ?? '', /^127\.0\.0\.1:\d+$/);
      assert.equal((await send(fixture, `${deployed.url}/k`, { method: 'PUT', body: 'x' })).status, 200);
      assert.deepEqual(fixture.cloudfront.distributions(), [
        { id: deployed.physicalId, domainName: deployed.attributes.DomainName, enabled: true },
      ]);
    }),
  );

  it(
    'is one and the same when its creation is repeated',
    closing(async () => {
      const first = await deploy(fixture);
      await fixture.restart();
      const second = await deploy(fixture);
      assert.deepEqual(second, first);
      assert.equal(fixture.cloudfront.distributions().length, 1);
    }),
  );

  it(
    'answers on the same port after a restart, as configured before',
    closing(async () => {
      const deployed = await deploy(fixture, (properties) =>
        withBehavior(properties, { AllowedMethods: ['GET', 'HEAD'] }),
      );
      await fixture.restart();
      assert.equal((await send(fixture, `${deployed.url}/k`, { method: 'HEAD' })).status, 200);
      assert.equal((await send(fixture, `${deployed.url}/k`, { method: 'PUT', body: 'x' })).status, 403);
    }),
  );

  it(
    'says which port is taken when it cannot have its own again',
    closing(async () => {
      const deployed = await deploy(fixture);
      const port = Number(deployed.url.split(':').at(-1));
      await fixture.cloudfront.close();
      const squatter = createServer();
      await new Promise<void>((resolve) => squatter.listen(port, '127.0.0.1', resolve));
      assert.equal((squatter.address() as AddressInfo).port, port);
      try {
        await assert.rejects(
          fixture.cloudfront.start(),
          new RegExp(`Port ${port} of distribution ${deployed.physicalId}`),
        );
      } finally {
        await new Promise((resolve) => squatter.close(resolve));
      }
      await fixture.cloudfront.start();
      assert.equal((await send(fixture, `${deployed.url}/k`, { method: 'HEAD' })).status, 200);
    }),
  );

  it(
    'no longer answers once deleted, or while disabled, and is deleted only once',
    closing(async () => {
      const deployed = await deploy(fixture);
      const resource = fixture.resource('Distribution');
      const previous = distributionProperties(deployed.accessControlId);
      const disabled = distributionProperties(deployed.accessControlId, { Enabled: false });
      const { physicalId } = deployed;
      const refuses = () => assert.rejects(send(fixture, `${deployed.url}/k`), { code: 'ECONNREFUSED' });

      await resource.update({ physicalId, previous, properties: disabled });
      await refuses();
      const enabled = await resource.update({ physicalId, previous: disabled, properties: previous });
      assert.deepEqual(enabled.attributes, deployed.attributes);
      assert.equal((await send(fixture, `${deployed.url}/k`)).status, 200);
      await resource.delete(physicalId, previous);
      await refuses();
      await resource.delete(physicalId, previous);
      assert.deepEqual(fixture.cloudfront.distributions(), []);
      await assert.rejects(resource.update({ physicalId, previous, properties: previous }), {
        code: 'NoSuchDistribution',
      });
    }),
  );

  it(
    'keeps its function replicated while associated and for as long as asked after',
    closing(async () => {
      fixture.faults = { replicasHeldMs: 60_000 };
      assert.equal(fixture.cloudfront.isReplicated(VERSION_ARN), false);
      const deployed = await deploy(fixture);
      assert.equal(fixture.cloudfront.isReplicated(VERSION_ARN), true);
      const previous = distributionProperties(deployed.accessControlId);
      const properties = withBehavior(previous, { LambdaFunctionAssociations: [] });
      await fixture
        .resource('Distribution')
        .update({ physicalId: deployed.physicalId, previous, properties });
      assert.equal(fixture.cloudfront.isReplicated(VERSION_ARN), true);
      await fixture.restart();
      fixture.now = new Date(fixture.now.getTime() + 59_999);
      assert.equal(fixture.cloudfront.isReplicated(VERSION_ARN), true);
      fixture.now = new Date(fixture.now.getTime() + 1);
      assert.equal(fixture.cloudfront.isReplicated(VERSION_ARN), false);
    }),
  );

  it(
    'lets go of its function at once when nothing holds replicas',
    closing(async () => {
      const deployed = await deploy(fixture);
      await fixture.resource('Distribution').delete(deployed.physicalId, {});
      assert.equal(fixture.cloudfront.isReplicated(VERSION_ARN), false);
    }),
  );
});

describe('what a distribution may not be', () => {
  let fixture: Fixture;
  let accessControlId: string;
  before(async () => {
    fixture = await openFixture();
    const control = await fixture
      .resource('OriginAccessControl')
      .create({ ...CREATE, properties: ACCESS_CONTROL });
    accessControlId = control.physicalId;
  });
  after(() => fixture.close());

  async function refused(
    shape: (properties: JsonObject) => JsonObject,
    expected: { code: string; message?: RegExp },
  ): Promise<void> {
    const properties = shape(distributionProperties(accessControlId));
    await assert.rejects(fixture.resource('Distribution').create({ ...CREATE, properties }), {
      name: 'AwsError',
      ...expected,
    });
    assert.deepEqual(fixture.cloudfront.distributions(), []);
  }
  const config = (change: JsonObject) => (properties: JsonObject) => ({
    DistributionConfig: { ...(properties.DistributionConfig as JsonObject), ...change },
  });
  const behavior = (change: JsonObject) => (properties: JsonObject) => withBehavior(properties, change);
  const origin = (change: JsonObject) => (properties: JsonObject) => withOrigin(properties, change);

  const cases: Record<string, [(properties: JsonObject) => JsonObject, string, RegExp]> = {
    'with a property that does not exist': [
      config({ Colour: 'red' }),
      'InvalidRequest',
      /extraneous key \[Colour\]/,
    ],
    'with a behavior property that does not exist': [
      behavior({ Colour: 'red' }),
      'InvalidRequest',
      /DefaultCacheBehavior: extraneous key \[Colour\]/,
    ],
    'with error responses of its own': [
      config({ CustomErrorResponses: [{ ErrorCode: 403 }] }),
      'InvalidRequest',
      /does not support .*CustomErrorResponses/,
    ],
    'with CloudFront Functions': [
      behavior({ FunctionAssociations: [] }),
      'InvalidRequest',
      /does not support .*FunctionAssociations/,
    ],
    'with forwarded values': [
      behavior({ ForwardedValues: {} }),
      'InvalidRequest',
      /does not support .*ForwardedValues/,
    ],
    'with a cache': [
      behavior({ CachePolicyId: '658327ea-f89d-4fab-a63d-7e88639e58f6' }),
      'InvalidRequest',
      /does not support caching .*CachingOptimized/,
    ],
    'with an unknown cache policy': [behavior({ CachePolicyId: 'x' }), 'NoSuchCachePolicy', /does not exist/],
    'with an unknown origin request policy': [
      behavior({ OriginRequestPolicyId: 'x' }),
      'NoSuchOriginRequestPolicy',
      /does not exist/,
    ],
    'with an unknown response headers policy': [
      behavior({ ResponseHeadersPolicyId: 'x' }),
      'NoSuchResponseHeadersPolicy',
      /does not exist/,
    ],
    'with methods in a set of its own': [
      behavior({ AllowedMethods: ['PUT'] }),
      'InvalidArgument',
      /AllowedMethods/,
    ],
    'without a known viewer protocol policy': [
      behavior({ ViewerProtocolPolicy: 'http-only' }),
      'InvalidRequest',
      /ViewerProtocolPolicy/,
    ],
    'with a behavior for an origin it lacks': [
      behavior({ TargetOriginId: 'other' }),
      'InvalidRequest',
      /target origins or origin groups do not exist/,
    ],
    'with an origin that is no bucket': [
      origin({ DomainName: 'example.com' }),
      'InvalidArgument',
      /does not refer to a valid S3 bucket/,
    ],
    'with a custom origin': [
      origin({ CustomOriginConfig: {} }),
      'InvalidRequest',
      /does not support .*CustomOriginConfig/,
    ],
    'with an origin access identity': [
      origin({ S3OriginConfig: { OriginAccessIdentity: 'origin-access-identity/cloudfront/E1' } }),
      'InvalidRequest',
      /OriginAccessIdentity/,
    ],
    'with an unknown origin access control': [
      origin({ OriginAccessControlId: 'E2' }),
      'InvalidOriginAccessControl',
      /does not exist/,
    ],
    'with a read timeout of 0 s': [
      origin({ S3OriginConfig: { OriginReadTimeout: 0 } }),
      'InvalidArgument',
      /OriginReadTimeout must be from 1 to 120/,
    ],
    'with a read timeout of 121 s': [
      origin({ S3OriginConfig: { OriginReadTimeout: 121 } }),
      'InvalidArgument',
      /OriginReadTimeout must be from 1 to 120/,
    ],
    'with a function on another event': [
      behavior({
        LambdaFunctionAssociations: [{ EventType: 'origin-request', LambdaFunctionARN: VERSION_ARN }],
      }),
      'InvalidRequest',
      /does not support Lambda@Edge functions on origin-request/,
    ],
    'with a function that is given the body': [
      behavior({
        LambdaFunctionAssociations: [
          { EventType: 'viewer-request', IncludeBody: true, LambdaFunctionARN: VERSION_ARN },
        ],
      }),
      'InvalidRequest',
      /does not support .*IncludeBody/,
    ],
    'with two functions on one event': [
      behavior({
        LambdaFunctionAssociations: [VERSION_ARN, VERSION_ARN].map((LambdaFunctionARN) => ({
          EventType: 'viewer-request',
          LambdaFunctionARN,
        })),
      }),
      'InvalidLambdaFunctionAssociation',
      /more than one function/,
    ],
  };
  for (const [what, [shape, code, message]] of Object.entries(cases)) {
    it(what, () => refused(shape, { code, message }));
  }

  const arns: Record<string, [string, RegExp]> = {
    'an unpublished function': [
      VERSION_ARN.replace(/1$/, '$LATEST'),
      /must reference a specific function version/,
    ],
    'a function without a version': [
      VERSION_ARN.replace(/:1$/, ''),
      /must reference a specific function version/,
    ],
    'an alias': [VERSION_ARN.replace(/1$/, 'live'), /must reference a specific function version/],
    'a function of another region': [
      VERSION_ARN.replace('us-east-1', 'eu-west-1'),
      /must be in region 'us-east-1'/,
    ],
    'a version that does not exist': [
      VERSION_ARN.replace(/1$/, '7'),
      /cannot retrieve the specified Lambda function/,
    ],
  };
  for (const [what, [LambdaFunctionARN, message]] of Object.entries(arns)) {
    it(`with ${what}`, () =>
      refused(
        behavior({ LambdaFunctionAssociations: [{ EventType: 'viewer-request', LambdaFunctionARN }] }),
        { code: 'InvalidLambdaFunctionAssociation', message },
      ));
  }

  const versions: Record<string, [Partial<FunctionVersion>, RegExp]> = {
    'more than 128 MB': [{ memorySize: 129 }, /memory size is larger .*: 129 Max allowed: 128/],
    'more than 5 s': [{ timeout: 6 }, /timeout is larger .*: 6 Max allowed: 5/],
    'more than 1 MB of code': [
      { codeSize: 1_048_577 },
      /code size is larger .*: 1048577 Max allowed: 1048576/,
    ],
    'environment variables': [{ environment: { A: 'b' } }, /cannot have environment variables/],
    'a runtime that edges lack': [{ runtime: 'java21' }, /runtime is not supported/],
  };
  for (const [what, [change, message]] of Object.entries(versions)) {
    it(`with a function that has ${what}`, async () => {
      const { version } = fixture;
      assert.ok(version);
      fixture.version = { ...version, ...change };
      try {
        await refused((properties) => properties, { code: 'InvalidLambdaFunctionAssociation', message });
      } finally {
        fixture.version = version;
      }
    });
  }

  it('with a function whose role the edge may not assume', async () => {
    const { trusted } = fixture;
    try {
      for (fixture.trusted of [['lambda.amazonaws.com'], ['edgelambda.amazonaws.com'], undefined]) {
        await refused((properties) => properties, {
          code: 'InvalidLambdaFunctionAssociation',
          message: /must be assumable with edgelambda\.amazonaws\.com/,
        });
      }
    } finally {
      fixture.trusted = trusted;
    }
  });
});

describe('origin access controls and origin request policies', () => {
  let fixture: Fixture;
  before(async () => {
    fixture = await openFixture();
  });
  after(() => fixture.close());

  const control = (change: JsonObject): JsonObject => ({
    OriginAccessControlConfig: { ...(ACCESS_CONTROL.OriginAccessControlConfig as JsonObject), ...change },
  });
  const policy = (change: JsonObject): JsonObject => ({
    OriginRequestPolicyConfig: {
      Name: 'policy',
      HeadersConfig: { HeaderBehavior: 'none' },
      CookiesConfig: { CookieBehavior: 'none' },
      QueryStringsConfig: { QueryStringBehavior: 'all' },
      ...change,
    },
  });
  const refused = (type: string, properties: JsonObject, code: string, message: RegExp) =>
    assert.rejects(fixture.resource(type).create({ ...CREATE, suffix: OTHER_SUFFIX, properties }), {
      code,
      message,
    });

  it('refuse what this CloudFront does not do', async () => {
    await refused(
      'OriginAccessControl',
      control({ SigningBehavior: 'no-override' }),
      'InvalidRequest',
      /no-override/,
    );
    await refused('OriginAccessControl', control({ SigningProtocol: 'sigv4a' }), 'InvalidRequest', /sigv4a/);
    await refused(
      'OriginAccessControl',
      control({ OriginAccessControlOriginType: 'lambda' }),
      'InvalidRequest',
      /lambda/,
    );
    await refused('OriginAccessControl', control({ Name: 'n'.repeat(65) }), 'InvalidArgument', /64/);
    await refused('OriginAccessControl', control({ Colour: 'red' }), 'InvalidRequest', /\[Colour\]/);
    await refused(
      'OriginRequestPolicy',
      policy({ HeadersConfig: { HeaderBehavior: 'allViewerAndWhitelistCloudFront', Headers: ['a'] } }),
      'InvalidRequest',
      /does not support/,
    );
  });

  it('refuse headers that may not be named, and more than ten', async () => {
    const headers = (...names: string[]) =>
      policy({ HeadersConfig: { HeaderBehavior: 'whitelist', Headers: names } });
    await refused('OriginRequestPolicy', headers('Authorization'), 'InvalidArgument', /not allowed/);
    await refused('OriginRequestPolicy', headers('accept-encoding'), 'InvalidArgument', /not allowed/);
    const eleven = Array.from({ length: 11 }, (_, index) => `x-${index}`);
    await refused('OriginRequestPolicy', headers(...eleven), 'TooManyHeadersInOriginRequestPolicy', /10/);
    await refused('OriginRequestPolicy', headers(), 'InvalidArgument', /Headers/);
  });

  it('refuse a name that is taken, and to go while in use', async () => {
    const made = await fixture.resource('OriginRequestPolicy').create({ ...CREATE, properties: policy({}) });
    await refused('OriginRequestPolicy', policy({}), 'OriginRequestPolicyAlreadyExists', /policy/);
    const deployed = await deploy(fixture, (properties) =>
      withBehavior(properties, { OriginRequestPolicyId: made.physicalId }),
    );
    await refused('OriginAccessControl', ACCESS_CONTROL, 'OriginAccessControlAlreadyExists', /uploads-oac/);
    const remove = (type: string, id: string) => fixture.resource(type).delete(id, {});
    await assert.rejects(remove('OriginRequestPolicy', made.physicalId), {
      code: 'OriginRequestPolicyInUse',
    });
    await assert.rejects(remove('OriginAccessControl', deployed.accessControlId), {
      code: 'OriginAccessControlInUse',
    });
    await remove('Distribution', deployed.physicalId);
    await remove('OriginRequestPolicy', made.physicalId);
    await remove('OriginRequestPolicy', made.physicalId);
    await remove('OriginAccessControl', deployed.accessControlId);
    await remove('OriginAccessControl', deployed.accessControlId);
    await refused(
      'Distribution',
      distributionProperties(deployed.accessControlId),
      'InvalidOriginAccessControl',
      /exist/,
    );
  });
});
