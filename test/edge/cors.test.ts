import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UploadPolicy } from '../../edge/config.ts';
import { createHandler } from '../../edge/handler.ts';
import type { EdgeRequest } from '../../edge/request/viewer-request.ts';
import { createVerify } from '../../edge/token/verify.ts';
import { viewerDecision } from '../../local/cloudfront/data-plane/function/viewer-result.ts';
import { accessToken, config } from './support/pool.ts';
import { type Answer, plainHeaders, readResponse, type Sent, viewerEvent } from './support/viewer.ts';

const PAGE = 'https://app.example.com';
const POLICY = { corsOrigins: [PAGE, 'http://localhost:3000'] };

async function answered(sent: Sent, policy: UploadPolicy = POLICY): Promise<unknown> {
  const handler = createHandler({ config: config(policy), verify: createVerify(config()), log: () => {} });
  return handler(viewerEvent(sent));
}

async function answerTo(sent: Sent, policy?: UploadPolicy): Promise<Answer> {
  return readResponse(await answered(sent, policy));
}

const preflight = (origin: string, headers = 'authorization, content-type', method = 'PUT'): Sent => ({
  method: 'OPTIONS',
  headers: [
    `Origin: ${origin}`,
    `Access-Control-Request-Method: ${method}`,
    ...(headers === '' ? [] : [`Access-Control-Request-Headers: ${headers}`]),
  ],
});

test('answers a preflight of an allowed page without a token', async () => {
  for (const origin of POLICY.corsOrigins) {
    const { status, headers } = await answerTo(preflight(origin));
    assert.equal(status, 204);
    assert.deepEqual(headers, {
      'cache-control': 'no-store',
      vary: 'Origin',
      'access-control-allow-origin': origin,
      'access-control-expose-headers': 'Allow, Retry-After, WWW-Authenticate',
      'access-control-allow-methods': 'GET, PUT, POST, DELETE',
      'access-control-allow-headers': 'authorization, content-type',
      'access-control-max-age': '600',
    });
  }
});

test('answers a preflight in a form that CloudFront accepts', async () => {
  const sent = preflight(PAGE, 'x-amz-meta-a,'.repeat(500));
  const { request } = viewerEvent(sent).Records[0].cf;
  const decision = viewerDecision({ outcome: 'returned', value: await answered(sent) }, request);
  assert.equal(decision.kind, 'respond');
});

test('allows the requested headers of uploads, and no others', async () => {
  const rows: readonly (readonly [asked: string, allowed: string])[] = [
    ['Authorization,Content-Type', 'authorization, content-type'],
    [
      'x-amz-meta-album, x-amz-checksum-crc32, if-none-match',
      'x-amz-meta-album, x-amz-checksum-crc32, if-none-match',
    ],
    ['authorization, x-amz-acl, cookie, x-forwarded-for', 'authorization'],
    ['x-amz-meta-a(b), x-amz-meta-ok', 'x-amz-meta-ok'],
    ['', ''],
  ];
  for (const [asked, allowed] of rows) {
    const { headers } = await answerTo(preflight(PAGE, asked));
    assert.equal(headers['access-control-allow-headers'], allowed, asked);
  }
});

test('refuses a preflight of any other page without naming an origin', async () => {
  const others = [
    'https://evil.example.com',
    'https://app.example.com.evil.example',
    'null',
    `${PAGE}:444`,
    `${PAGE}/`,
  ];
  for (const origin of others) {
    const { status, headers, body } = await answerTo(preflight(origin));
    assert.deepEqual([status, body.error], [403, 'forbidden_origin'], origin);
    assert.equal(headers['access-control-allow-origin'], undefined);
    assert.equal(headers.vary, 'Origin');
  }
  const twice = preflight(PAGE);
  const { status } = await answerTo({ ...twice, headers: [...(twice.headers ?? []), `Origin: ${PAGE}`] });
  assert.equal(status, 403, 'a preflight with two origins is refused');
});

test('refuses OPTIONS that is not a preflight, or without the option', async () => {
  for (const headers of [[], [`Origin: ${PAGE}`], ['Access-Control-Request-Method: PUT']]) {
    assert.equal((await answerTo({ method: 'OPTIONS', headers })).status, 405);
  }
  const { status, headers } = await answerTo(preflight(PAGE), {});
  assert.deepEqual([status, headers.allow, headers.vary], [405, 'PUT', undefined]);
});

test('lets allowed pages read refusals and the description', async () => {
  const rows: readonly (readonly [Sent, number])[] = [
    [{ method: 'PUT' }, 401],
    [{ method: 'PATCH' }, 405],
    [{ method: 'PUT', target: '/a//b' }, 400],
    [{ method: 'GET', target: '/.well-known/edge-upload' }, 200],
  ];
  for (const [sent, expected] of rows) {
    const allowed = await answerTo({ ...sent, headers: [`Origin: ${PAGE}`] });
    assert.equal(allowed.status, expected);
    assert.equal(allowed.headers['access-control-allow-origin'], PAGE);
    const other = await answerTo({ ...sent, headers: ['Origin: https://evil.example.com'] });
    assert.equal(other.status, expected);
    assert.equal(other.headers['access-control-allow-origin'], undefined);
    assert.equal(other.headers.vary, 'Origin');
    const without = await answerTo({ ...sent, headers: [`Origin: ${PAGE}`] }, {});
    assert.equal(without.headers.vary, undefined);
  }
  const { body } = await answerTo({ method: 'GET', target: '/.well-known/edge-upload' });
  assert.deepEqual(body.policy, POLICY);
});

test('forwards Origin with uploads from a page only', async () => {
  const sent = async (origin: string, policy?: UploadPolicy) => {
    const headers = [`Authorization: ${accessToken()}`, `Origin: ${origin}`];
    const request = (await answered({ headers }, policy)) as EdgeRequest;
    return plainHeaders(request.headers).origin;
  };
  assert.equal(await sent(PAGE), PAGE);
  assert.equal(await sent('https://evil.example.com'), undefined);
  assert.equal(await sent(PAGE, {}), undefined);
});
