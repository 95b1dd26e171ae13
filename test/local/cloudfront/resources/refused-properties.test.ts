import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { FunctionVersion } from '../../../../local/cloudfront/resources/lambda-association.ts';
import type { JsonObject } from '../../../../local/json.ts';
import {
  ACCESS_CONTROL,
  BUCKET_HOST,
  distributionProperties,
  type Fixture,
  openFixture,
  SUFFIX,
  VERSION_ARN,
  withBehavior,
  withOrigin,
} from '../fixture.ts';

const CREATE = { stackName: 'stack', logicalId: 'Thing', suffix: SUFFIX };

describe('S refuses a distribution', () => {
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
    'with a page for errors': [
      config({ CustomErrorResponses: [{ ErrorCode: 403, ResponsePagePath: '/sorry.html' }] }),
      'InvalidRequest',
      /does not support .*CustomErrorResponses.*ResponsePagePath/,
    ],
    'with cached errors': [
      config({ CustomErrorResponses: [{ ErrorCode: 403, ErrorCachingMinTTL: 10 }] }),
      'InvalidRequest',
      /does not support .*CustomErrorResponses.*ErrorCachingMinTTL/,
    ],
    'with an error that CloudFront does not customize': [
      config({ CustomErrorResponses: [{ ErrorCode: 409, ErrorCachingMinTTL: 0 }] }),
      'InvalidRequest',
      /ErrorCode/,
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
    'with the name of an inherited member as a cache policy': [
      behavior({ CachePolicyId: 'constructor' }),
      'NoSuchCachePolicy',
      /does not exist/,
    ],
    'with the name of an inherited member as an origin request policy': [
      behavior({ OriginRequestPolicyId: 'constructor' }),
      'NoSuchOriginRequestPolicy',
      /does not exist/,
    ],
    'with the name of an inherited member as a response headers policy': [
      behavior({ ResponseHeadersPolicyId: 'constructor' }),
      'NoSuchResponseHeadersPolicy',
      /does not exist/,
    ],
    'with the name of an inherited member as an origin access control': [
      origin({ OriginAccessControlId: 'constructor' }),
      'InvalidOriginAccessControl',
      /does not exist/,
    ],
    'with methods in a set of its own': [
      behavior({ AllowedMethods: ['PUT'] }),
      'InvalidArgument',
      /AllowedMethods/,
    ],
    'with more than a hundred aliases': [
      config({ Aliases: Array.from({ length: 101 }, (_, at) => `a${at}.example.com`) }),
      'TooManyDistributionCNAMEs',
      /CNAMEs/,
    ],
    'with more than a hundred origins': [
      config({
        Origins: Array.from({ length: 101 }, (_, at) => ({
          ...{ Id: `o${at}`, DomainName: BUCKET_HOST, S3OriginConfig: {} },
        })),
      }),
      'TooManyOrigins',
      /origins/,
    ],
    'with more than 75 cache behaviors': [
      config({
        CacheBehaviors: Array.from({ length: 76 }, (_, at) => ({
          ...{ PathPattern: `/${at}`, TargetOriginId: 'bucket', ViewerProtocolPolicy: 'https-only' },
          CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
        })),
      }),
      'TooManyCacheBehaviors',
      /cache behaviors/,
    ],
    'that caches responses to uploads': [
      behavior({ CachedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'] }),
      'InvalidArgument',
      /CachedMethods/,
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
      /does not support .*EventType with the value origin-request/,
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
    'more than 30 s': [{ timeout: 31 }, /timeout is larger .*: 31 Max allowed: 30/],
    'more than 50 MB of code': [
      { codeSize: 52_428_801 },
      /code size is larger .*: 52428801 Max allowed: 52428800/,
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

  it('with a function whose role the edge is not allowed to assume', async () => {
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
