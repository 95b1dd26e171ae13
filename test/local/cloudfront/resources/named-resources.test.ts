import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from '../../../../local/json.ts';
import {
  ACCESS_CONTROL,
  deploy,
  distributionProperties,
  type Fixture,
  openFixture,
  SUFFIX,
  withBehavior,
} from '../fixture.ts';

const CREATE = { stackName: 'stack', logicalId: 'Thing', suffix: SUFFIX };
const OTHER_SUFFIX = '9876543210abcdefghij';

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

  it('are refused if unsupported', async () => {
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

  it('refuse headers that are not allowed, and more than ten', async () => {
    const headers = (...names: string[]) =>
      policy({ HeadersConfig: { HeaderBehavior: 'whitelist', Headers: names } });
    await refused('OriginRequestPolicy', headers('Authorization'), 'InvalidArgument', /not allowed/);
    await refused('OriginRequestPolicy', headers('accept-encoding'), 'InvalidArgument', /not allowed/);
    const eleven = Array.from({ length: 11 }, (_, index) => `x-${index}`);
    await refused('OriginRequestPolicy', headers(...eleven), 'TooManyHeadersInOriginRequestPolicy', /10/);
    await refused('OriginRequestPolicy', headers(), 'InvalidArgument', /Headers/);
  });

  it('refuse a duplicate name, and deletion while in use', async () => {
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

describe('a response headers policy', () => {
  let fixture: Fixture;
  before(async () => {
    fixture = await openFixture();
  });
  after(() => fixture.close());

  const custom = (Header: string, Value: string) => ({ CustomHeadersConfig: { Items: [{ Header, Value }] } });
  const security = (config: JsonObject) => ({ SecurityHeadersConfig: config });
  const refusals: Readonly<Record<string, [change: JsonObject, message: RegExp]>> = {
    'a name with a space': [custom('X Own', 'v'), /CustomHeadersConfig.*Header is not a header name: X Own/],
    'a value with a line break': [custom('X-Own', 'a\r\nb: c'), /Value is not the value of a header/],
    'a value beyond ISO-8859-1': [custom('X-Own', '€'), /Value is not the value of a header/],
    'a removed header with a colon': [
      { RemoveHeadersConfig: { Items: [{ Header: 'Server:' }] } },
      /RemoveHeadersConfig.*Header is not a header name/,
    ],
    'a content security policy on two lines': [
      security({ ContentSecurityPolicy: { ContentSecurityPolicy: "default-src\n'self'" } }),
      /ContentSecurityPolicy is not the value of a header/,
    ],
    'a referrer policy on two lines': [
      security({ ReferrerPolicy: { ReferrerPolicy: 'a\nb' } }),
      /ReferrerPolicy is not the value of a header/,
    ],
    'a report address on two lines': [
      security({ XSSProtection: { Protection: true, ReportUri: 'https://a\nb' } }),
      /ReportUri is not the value of a header/,
    ],
  };
  for (const [name, [change, message]] of Object.entries(refusals)) {
    it(`refuses ${name}`, async () => {
      const properties = { ResponseHeadersPolicyConfig: { Name: 'policy', ...change } };
      await assert.rejects(fixture.resource('ResponseHeadersPolicy').create({ ...CREATE, properties }), {
        code: 'InvalidArgument',
        message,
      });
    });
  }

  it('refuses more than ten headers to add or to remove', async () => {
    const eleven = Array.from({ length: 11 }, (_, at) => ({ Header: `x-${at}`, Value: 'v' }));
    const removed = eleven.map(({ Header }) => ({ Header }));
    const changes = {
      TooManyCustomHeadersInResponseHeadersPolicy: { CustomHeadersConfig: { Items: eleven } },
      TooManyRemoveHeadersInResponseHeadersPolicy: { RemoveHeadersConfig: { Items: removed } },
    };
    for (const [code, change] of Object.entries(changes)) {
      const properties = { ResponseHeadersPolicyConfig: { Name: 'policy', ...change } };
      await assert.rejects(fixture.resource('ResponseHeadersPolicy').create({ ...CREATE, properties }), {
        code,
      });
    }
  });
});
