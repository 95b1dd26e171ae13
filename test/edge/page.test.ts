import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { BakedConfig, EdgePage } from '../../edge/config.ts';
import { createHandler } from '../../edge/handler.ts';
import { configOf } from '../../edge/issuers.ts';
import { createPage } from '../../edge/page.ts';
import type { GeneratedResponse } from '../../edge/response.ts';
import { createVerify } from '../../edge/token/verify.ts';
import { viewerDecision } from '../../local/cloudfront/data-plane/function/viewer-result.ts';
import { outside, SHARED_KEY } from './support/issuers.ts';
import { bakedWith, deviceKey, link } from './support/own-tokens.ts';
import { plainHeaders, type Sent, viewerEvent } from './support/viewer.ts';

const SCRIPT = `console.log(${JSON.stringify('x'.repeat(60_000))});`;
const PAGE = '<!doctype html><title>Dateien übergeben</title>';

const file = (type: string, text: string) => ({ type, gzip: gzipSync(text).toString('base64') });

const FILES: EdgePage = {
  '': file('text/html; charset=utf-8', PAGE),
  'app-YxkL7k1uvO.js': file('text/javascript; charset=utf-8', SCRIPT),
  'app-BP6bW_mS-b.css': file('text/css; charset=utf-8', 'body{}'),
  'logo.svg': file('image/svg+xml', '<svg/>'),
};
const SCRIPT_PATH = '/.well-known/edge-upload/page/app-YxkL7k1uvO.js';

function edgeOf({ files = FILES, ...baked }: Partial<BakedConfig> & { files?: EdgePage | null } = {}) {
  const config = configOf(bakedWith(baked));
  const log: string[] = [];
  const handle = createHandler({
    config,
    verify: createVerify(config),
    log: (line) => log.push(line),
    ...(files === null ? {} : { page: createPage(files, config) }),
  });
  /** Sends a request, and checks the response like CloudFront. */
  const get = async (target: string, sent: Omit<Sent, 'target'> = {}) => {
    const event = viewerEvent({ method: 'GET', target, ...sent });
    const value = await handle(event);
    const decision = viewerDecision({ outcome: 'returned', value }, event.Records[0].cf.request);
    assert.ok(decision.kind === 'respond', target);
    const headers = plainHeaders((value as GeneratedResponse).headers);
    return { status: decision.response.status, headers, body: decision.response.body };
  };
  const errorOf = async (target: string, sent: Omit<Sent, 'target'> = {}) => {
    const { status, headers, body } = await get(target, sent);
    return [status, (JSON.parse(body.toString()) as { error: string }).error, headers.allow];
  };
  return { get, errorOf, log };
}

const GZIP = { headers: ['Accept-Encoding: gzip, deflate, br, zstd'] };

test('serves the page and its files compressed, without a token, under strict headers', async () => {
  const { get, log } = edgeOf();
  const rows: readonly (readonly [target: string, text: string, type: string, kept: boolean])[] = [
    ['/', PAGE, 'text/html; charset=utf-8', false],
    [SCRIPT_PATH, SCRIPT, 'text/javascript; charset=utf-8', true],
    ['/.well-known/edge-upload/page/app-BP6bW_mS-b.css', 'body{}', 'text/css; charset=utf-8', true],
    ['/.well-known/edge-upload/page/logo.svg', '<svg/>', 'image/svg+xml', false],
  ];
  for (const [target, text, type, kept] of rows) {
    for (const method of ['GET', 'HEAD']) {
      const { status, headers, body } = await get(target, { ...GZIP, method });
      assert.equal(status, 200, target);
      assert.equal(gunzipSync(body).toString(), text);
      assert.deepEqual(headers, {
        'content-type': type,
        'cache-control': kept ? 'public, max-age=31536000, immutable' : 'no-store',
        vary: 'Accept-Encoding',
        'content-encoding': 'gzip',
        'content-security-policy':
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; worker-src 'self'; " +
          "connect-src 'self' https://cognito-idp.us-east-1.amazonaws.com; base-uri 'none'; form-action 'none'; " +
          "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types edge-upload",
        'strict-transport-security': 'max-age=31536000',
        'cross-origin-opener-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      });
    }
  }
  assert.deepEqual(log, []);
});

test('limits the page’s scripts to the edge, the pool and issuers of people', async () => {
  const policyOf = async (baked: Partial<BakedConfig>) =>
    /connect-src ([^;]*);/.exec((await edgeOf(baked).get('/')).headers['content-security-policy'] ?? '')?.[1];
  const issuers = [
    outside({
      iss: ['https://id.example.com/a', 'https://id.example.com/b', 'https://id2.example.com:8443/'],
    }),
    outside({ alias: 'loopback', iss: ['http://127.0.0.1:5000'] }),
    outside({ alias: 'github', kind: 'workload', iss: ['https://token.actions.githubusercontent.com'] }),
  ];
  const people = 'https://id.example.com https://id2.example.com:8443 http://127.0.0.1:5000';
  assert.equal(await policyOf({ issuers }), `'self' https://cognito-idp.us-east-1.amazonaws.com ${people}`);
  const tokenOrigin = 'https://tokens.example.net';
  assert.equal(
    await policyOf({ issuers: [outside({ iss: ['https://id.example.com'], tokenOrigin })] }),
    `'self' https://cognito-idp.us-east-1.amazonaws.com https://id.example.com ${tokenOrigin}`,
  );
  assert.equal(
    await policyOf({ userPoolEndpoint: 'http://127.0.0.1:4599' }),
    "'self' http://127.0.0.1:4599",
    'the page calls the pool of the embedded cloud directly',
  );
  assert.equal(
    await policyOf({ issuers: [outside({ iss: ['https://id.example.com'], clientSecretPublic: 'x' })] }),
    "'self' https://cognito-idp.us-east-1.amazonaws.com",
  );
  const managedLogin = 'https://a.auth.us-east-1.amazoncognito.com';
  assert.equal(
    await policyOf({ idp: true, managedLogin }),
    `'self' https://cognito-idp.us-east-1.amazonaws.com ${managedLogin}`,
  );
  const { userPoolId, clientId, jwks, ...without } = bakedWith({ issuers });
  assert.ok(userPoolId && clientId && jwks);
  const config = configOf(without);
  const { headers } = createPage(FILES, config)('', {
    method: 'GET',
    uri: '/',
    querystring: '',
    headers: {},
  });
  assert.match(headers['content-security-policy'] ?? '', new RegExp(`connect-src 'self' ${people};`));
  const hostile = [outside({ iss: ['https://id.example.com/;script-src *'], keys: [SHARED_KEY.jwk] })];
  assert.equal(
    await policyOf({ issuers: hostile }),
    "'self' https://cognito-idp.us-east-1.amazonaws.com https://id.example.com",
  );
});

test('sends a file uncompressed if gzip is not accepted and it fits', async () => {
  const { get, errorOf } = edgeOf();
  const rows: readonly (readonly [accept: string | undefined, small: string, large: string])[] = [
    ['gzip', 'gzip', 'gzip'],
    ['GZIP;q=0.5', 'gzip', 'gzip'],
    ['x-gzip', 'gzip', 'gzip'],
    ['*', 'gzip', 'gzip'],
    ['br, *;q=0.1', 'gzip', 'gzip'],
    // A client without the header accepts every encoding, but might not be able to decode it.
    [undefined, 'text', 'gzip'],
    ['', 'text', 'gzip'],
    ['br', 'text', 'refused'],
    ['identity', 'text', 'refused'],
    ['gzip;q=0', 'text', 'refused'],
    ['gzip; q=0.000, br', 'text', 'refused'],
    ['gzip;q=0, *', 'text', 'refused'],
    ['*;q=0', 'text', 'refused'],
    ['gzipped', 'text', 'refused'],
  ];
  for (const [accept, small, large] of rows) {
    const sent = { headers: accept === undefined ? [] : [`Accept-Encoding: ${accept}`] };
    const { headers, body } = await get('/', sent);
    assert.equal(headers['content-encoding'] ?? 'text', small, accept);
    assert.equal(headers.vary, 'Accept-Encoding');
    assert.equal(small === 'text' ? body.toString() : gunzipSync(body).toString(), PAGE);
    if (large === 'refused') {
      assert.deepEqual(await errorOf(SCRIPT_PATH, sent), [406, 'not_acceptable', undefined], accept);
    } else {
      assert.equal((await get(SCRIPT_PATH, sent)).headers['content-encoding'], large, accept);
    }
  }
});

test('refuses a file too large for a response before CloudFront does', async () => {
  const noise = Buffer.from(Array.from({ length: 40_000 }, (_, at) => (at * 7919 + at ** 2) % 251));
  const large = { type: 'text/css', gzip: noise.toString('base64') };
  const { errorOf } = edgeOf({ files: { 'app-aaaaaaaaaa.css': large } });
  const target = '/.well-known/edge-upload/page/app-aaaaaaaaaa.css';
  assert.deepEqual(await errorOf(target, GZIP), [500, 'internal', undefined]);
});

test('refuses other methods and names', async () => {
  const { errorOf, get } = edgeOf();
  for (const method of ['PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS']) {
    for (const target of ['/', SCRIPT_PATH, '/.well-known/edge-upload/page/x']) {
      assert.deepEqual(await errorOf(target, { method }), [405, 'method_not_allowed', 'GET, HEAD'], target);
    }
  }
  for (const name of [
    'x',
    'app.js',
    '__proto__',
    'constructor',
    'toString',
    'app-YxkL7k1uvO.js/',
    '../page/',
    '%2e',
  ]) {
    assert.deepEqual(
      await errorOf(`/.well-known/edge-upload/page/${name}`, GZIP),
      [404, 'not_found', undefined],
      name,
    );
  }
  assert.deepEqual(await errorOf(`${SCRIPT_PATH}?x`, GZIP), [400, 'bad_query', undefined]);
  assert.deepEqual(await errorOf('/.well-known/edge-upload/page/', GZIP), [400, 'bad_key', undefined]);
  assert.deepEqual(await errorOf('/index.html', GZIP), [405, 'method_not_allowed', 'PUT']);
  // A provider sends users back with a query.
  assert.equal((await get('/?code=c&state=s&iss=https%3A%2F%2Fid.example.com')).status, 200);
});

test('refuses a link or key in the page’s query, without logging it', async () => {
  for (const token of [link(), deviceKey()]) {
    const { errorOf, log } = edgeOf();
    for (const target of [`/?${token}`, `/?a=b&link=${token}`, `/.well-known/edge-upload/page/${token}`]) {
      const [status] = await errorOf(target, GZIP);
      assert.equal(status, 400, target);
    }
    assert.equal(log.length, 3);
    for (const part of token.split('.')) assert.ok(!log.join().includes(part));
  }
});

test('answers 404 without a page, and does not mention one', async () => {
  const { errorOf, get } = edgeOf({ files: null });
  for (const target of ['/', SCRIPT_PATH]) {
    for (const method of ['GET', 'HEAD']) {
      assert.deepEqual(await errorOf(target, { method }), [404, 'not_found', undefined], target);
    }
    assert.deepEqual(await errorOf(target, { method: 'PUT' }), [400, 'bad_key', undefined], target);
  }
  const described = await get('/.well-known/edge-upload');
  assert.equal(JSON.parse(described.body.toString()).page, undefined);
});

test('describes the settings of the page', async () => {
  const page = { title: 'Acme', note: '<script>', color: '#aa00ff', logo: true } as const;
  const { body } = await edgeOf({ page }).get('/.well-known/edge-upload');
  assert.deepEqual(JSON.parse(body.toString()).page, page);
});

test('never sends CORS headers with the page', async () => {
  const origin = 'https://app.example.com';
  const { get } = edgeOf({ policy: { corsOrigins: [origin] } });
  const { headers } = await get('/', { headers: [`Origin: ${origin}`] });
  assert.equal(headers['access-control-allow-origin'], undefined);
});
