import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../../../local/json.ts';
import { omitUndefined } from '../../../../protocol/fields.ts';
import { send } from '../client.ts';
import { deploy, type Fixture, fixtureOf, SUFFIX, withBehavior } from '../fixture.ts';

const PAGE = 'https://app.example.com';

const CORS: JsonObject = {
  AccessControlAllowCredentials: false,
  AccessControlAllowHeaders: { Items: ['Authorization', 'Content-Type'] },
  AccessControlAllowMethods: { Items: ['GET', 'PUT'] },
  AccessControlAllowOrigins: { Items: [PAGE] },
  AccessControlExposeHeaders: { Items: ['ETag', 'x-amz-version-id'] },
  AccessControlMaxAgeSec: 600,
  OriginOverride: true,
};

function createPolicy(fixture: Fixture, cors: JsonObject) {
  const properties = { ResponseHeadersPolicyConfig: { Name: 'pages', CorsConfig: cors } };
  return fixture
    .resource('ResponseHeadersPolicy')
    .create({ stackName: 'stack', logicalId: 'Cors', suffix: SUFFIX, properties });
}

/** Deploys a distribution with a CORS policy. Returns a function that returns the CORS headers of a response. */
async function corsOf(fixture: Fixture, cors: JsonObject = {}) {
  const { physicalId } = await createPolicy(fixture, { ...CORS, ...cors });
  const { url } = await deploy(fixture, (properties) =>
    withBehavior(properties, { ResponseHeadersPolicyId: physicalId }),
  );
  return async (headers: Record<string, string>, method: 'PUT' | 'OPTIONS' = 'PUT') => {
    const answer = await send(fixture, `${url}/k`, { method, headers });
    const names = Object.entries(answer.headers).filter(([name]) => name.startsWith('access-control-'));
    return Object.fromEntries(names.map(([name, value]) => [name.slice('access-control-'.length), value]));
  };
}

test('adds CORS headers to origin responses for pages that the policy names', async (t) => {
  const cors = await corsOf(await fixtureOf(t));
  assert.deepEqual(await cors({ origin: PAGE }), {
    'allow-origin': PAGE,
    'expose-headers': 'ETag, x-amz-version-id',
  });
  assert.deepEqual(await cors({ origin: 'https://evil.example.com' }), {});
  assert.deepEqual(await cors({}), {});
});

test('answers a preflight that reaches the origin with allowed methods and headers', async (t) => {
  const cors = await corsOf(await fixtureOf(t));
  assert.deepEqual(await cors({ origin: PAGE, 'access-control-request-method': 'PUT' }, 'OPTIONS'), {
    'allow-origin': PAGE,
    'allow-methods': 'GET, PUT',
    'allow-headers': 'Authorization, Content-Type',
    'max-age': '600',
  });
  assert.deepEqual(Object.keys(await cors({ origin: PAGE }, 'OPTIONS')), ['allow-origin', 'expose-headers']);
});

test('allows requested headers that match a pattern', async (t) => {
  const patterns = { Items: ['Authorization', 'x-amz-meta-*', 'x-*-id'] };
  const cors = await corsOf(await fixtureOf(t), { AccessControlAllowHeaders: patterns });
  const allowed = async (requested?: string) => {
    const more = omitUndefined({ 'access-control-request-headers': requested });
    const answer = await cors({ origin: PAGE, 'access-control-request-method': 'PUT', ...more }, 'OPTIONS');
    return answer['allow-headers'];
  };
  assert.equal(await allowed(), 'Authorization');
  assert.equal(
    await allowed('authorization,X-Amz-Meta-Colour, x-amz-acl,x-amz-meta-,x-trace-id'),
    'Authorization, X-Amz-Meta-Colour, x-amz-meta-, x-trace-id',
  );
});

test('does not cover Authorization by the wildcard for headers', async (t) => {
  const fixture = await fixtureOf(t);
  const cors = await corsOf(fixture, { AccessControlAllowHeaders: { Items: ['*', 'Authorization'] } });
  const preflight = { origin: PAGE, 'access-control-request-method': 'PUT' };
  assert.equal((await cors(preflight, 'OPTIONS'))['allow-headers'], '*, Authorization');
});

test('replaces the origin’s headers if the policy overrides, once each', async (t) => {
  const origin = { 'access-control-allow-origin': '*' };
  for (const [override, expected] of [
    [true, PAGE],
    [false, '*'],
  ] as const) {
    const fixture = await fixtureOf(t);
    fixture.origin = async () => ({ status: 200, headers: origin });
    const cors = await corsOf(fixture, { OriginOverride: override });
    assert.equal((await cors({ origin: PAGE }))['allow-origin'], expected);
  }
});

test('allows any page by the wildcard, but no credentials', async (t) => {
  const fixture = await fixtureOf(t);
  const any = { AccessControlAllowOrigins: { Items: ['*'] } };
  await assert.rejects(createPolicy(fixture, { ...CORS, ...any, AccessControlAllowCredentials: true }), {
    code: 'InvalidArgument',
  });
  const cors = await corsOf(fixture, any);
  assert.equal((await cors({ origin: 'https://anywhere.example' }))['allow-origin'], '*');
});

test('adds no CORS headers without Origin, or to the function’s responses', async (t) => {
  const fixture = await fixtureOf(t);
  const cors = await corsOf(fixture);
  fixture.invoke = async ({ Records: [{ cf }] }) => {
    const { origin: _origin, ...headers } = cf.request.headers;
    return { outcome: 'returned', value: { ...cf.request, headers } };
  };
  assert.deepEqual(await cors({ origin: PAGE }), {});
  fixture.invoke = async () => ({ outcome: 'returned', value: { status: '403' } });
  assert.deepEqual(await cors({ origin: PAGE }), {});
});

test('applies the policy to the function’s responses too under a fault', async (t) => {
  for (const [override, methods] of [
    [true, 'GET, PUT'],
    [false, 'PATCH'],
  ] as const) {
    const fixture = await fixtureOf(t);
    fixture.faults = { edge: { policyOnGenerated: true } };
    const cors = await corsOf(fixture, { OriginOverride: override });
    const headers = {
      'access-control-allow-methods': [{ key: 'Access-Control-Allow-Methods', value: 'PATCH' }],
    };
    fixture.invoke = async () => ({ outcome: 'returned', value: { status: '204', headers } });
    const answer = await cors({ origin: PAGE, 'access-control-request-method': 'PUT' }, 'OPTIONS');
    assert.equal(answer['allow-methods'], methods);
    assert.equal(answer['allow-origin'], PAGE);
  }
});

test('refuses invalid members of the policy by name', async (t) => {
  const fixture = await fixtureOf(t);
  const rows: readonly (readonly [JsonObject, string, RegExp])[] = [
    [{ Colour: 'red' }, 'InvalidRequest', /extraneous key \[Colour\]/],
    [{ AccessControlAllowOrigins: { Items: [] } }, 'InvalidArgument', /no origin/],
    [{ AccessControlAllowMethods: { Items: ['FETCH'] } }, 'InvalidArgument', /does not exist/],
    [
      { AccessControlAllowOrigins: { Items: ['https://*.example.com'] } },
      'InvalidRequest',
      /does not support wildcards/,
    ],
    [
      { AccessControlAllowHeaders: { Items: ['x-*-*'] } },
      'InvalidArgument',
      /AccessControlAllowHeaders.* is not a header name: x-\*-\*/,
    ],
    [{ AccessControlAllowHeaders: { Items: ['no name'] } }, 'InvalidArgument', /not a header name/],
    [{ AccessControlExposeHeaders: { Items: ['a:b'] } }, 'InvalidArgument', /not a header name/],
    [{ AccessControlMaxAgeSec: -1 }, 'InvalidArgument', /must be from 0/],
  ];
  for (const [more, code, message] of rows) {
    await assert.rejects(
      createPolicy(fixture, { ...CORS, ...more }),
      { code, message },
      JSON.stringify(more),
    );
  }
});
