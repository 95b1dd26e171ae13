import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { readKey } from '../../edge/request/key.ts';
import { edgeCode } from '../../infra/edge-code.ts';
import {
  type EdgeRequest,
  viewerRequestEvent,
} from '../../local/cloudfront/data-plane/function/viewer-event.ts';
import { viewerDecision } from '../../local/cloudfront/data-plane/function/viewer-result.ts';
import { encodeKey } from '../../protocol/object-url.ts';
import { runBundle } from './support/bundle.ts';
import { dice, mutate } from './support/hostile.ts';
import { bakedWith, link, SIGNING_KEY } from './support/own-tokens.ts';
import { accessToken, config, signingKey } from './support/pool.ts';
import { readResponse, viewerEvent } from './support/viewer.ts';

/** Bytes, the configuration included. */
const LIMIT = 35_000;

test('fits into a template with two keys and a policy', () => {
  const keys = ['x', 'y'].map((letter) => signingKey(letter.repeat(44)).jwk);
  const policy = { maxSize: 5 * 1024 ** 4, writeTo: 'home/{username}/', allowGroups: ['staff', 'crew'] };
  const { issuers, ...rest } = config(policy);
  const code = edgeCode({ ...rest, issuers: issuers.map((issuer) => ({ ...issuer, keys })) });
  assert.ok(Buffer.byteLength(code) < LIMIT, `${Buffer.byteLength(code)} bytes`);
});

test('would be too large with the verifier of aws-jwt-verify', async () => {
  const contents = "export { JwtVerifier } from 'aws-jwt-verify/jwt-verifier'";
  const stdin = { contents, resolveDir: import.meta.dirname };
  const { outputFiles } = await build({ stdin, bundle: true, minify: true, platform: 'node', write: false });
  const added = outputFiles[0]?.contents.length ?? 0;
  assert.ok(added > 10_000 && Buffer.byteLength(edgeCode(config())) + added > LIMIT, `${added} bytes`);
});

test('has a handler of one parameter, because Lambda refuses three on Node.js 24', () => {
  assert.equal(runBundle(config()).handler.length, 1);
});

test('verifies links and serves the page as built', async () => {
  const page = { '': { type: 'text/html', gzip: gzipSync('{{resolve:ssm:x}}').toString('base64') } };
  const baked = bakedWith({
    signing: { keys: [SIGNING_KEY.jwk], revoked: ['revoked1'] },
    page: { title: 'A' },
  });
  const { handler, log } = runBundle(baked, {}, page);
  const put = async (token: string) =>
    (await handler(viewerEvent({ target: '/in/report.pdf', headers: [`Authorization: ${token}`] }))) as {
      readonly status?: string;
    };
  assert.equal((await put(link())).status, undefined);
  for (const token of [link({ sub: 'link:revoked1' }), link({}, { prefix: '' })]) {
    assert.equal((await put(token)).status, '401');
  }
  const { body } = (await handler(viewerEvent({ method: 'GET', target: '/' }))) as { readonly body: string };
  assert.equal(body, '{{resolve:ssm:x}}');
  assert.equal(log.length, 2);
});

test('bakes neither keys other than Ed25519 nor files too large for a response', () => {
  const { jwk } = signingKey('rsa');
  for (const keys of [[], [jwk], [SIGNING_KEY.jwk, jwk], [{ ...SIGNING_KEY.jwk, x: 'short' }]]) {
    assert.throws(() => edgeCode(bakedWith({ signing: { keys } })), /must be Ed25519/);
  }
  const large = { type: 'text/css', gzip: 'A'.repeat(36_001) };
  assert.throws(
    () => edgeCode(bakedWith(), { 'app.css': large }),
    /“app\.css” of the upload page has 36001 bytes/,
  );
});

test('bakes the policy text unchanged', async () => {
  const writeTo = '{{resolve:ssm:x}}/\u2028"\\`$`/';
  const { handler } = runBundle(config({ writeTo }));
  const { body } = readResponse(
    await handler(viewerEvent({ method: 'GET', target: '/.well-known/edge-upload' })),
  );
  assert.deepEqual(body.policy, { writeTo });
  assert.ok(!edgeCode(config({ writeTo })).includes('{{resolve'), 'CloudFormation would resolve it');
});

/** An `https` that answers as `answer` says, and the addresses that were asked. */
function https(answer: (request: ClientRequest, respond: Respond) => void) {
  const asked: string[] = [];
  const destroyed: string[] = [];
  const request = (uri: string, respond: Respond) => {
    asked.push(uri);
    const emitter: ClientRequest = Object.assign(new EventEmitter(), {
      destroy: () => destroyed.push(uri),
      end: () => answer(emitter, respond),
    });
    return emitter;
  };
  return { module: { request }, asked, destroyed };
}

type ClientRequest = EventEmitter & { destroy(): void; end(): void };
type Respond = (response: Readable & { statusCode?: number }) => void;

const response = (statusCode: number, body: Body) => Object.assign(Readable.from(body), { statusCode });

const byUnknownKey = () =>
  viewerEvent({ headers: [`Authorization: ${accessToken({}, signingKey('unknown'))}`] });

test('makes one request within a time limit for an unknown key ID', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.now() });
  const { module, asked, destroyed } = https(() => queueMicrotask(() => t.mock.timers.tick(1_500)));
  const { handler } = runBundle(config(), { https: module });
  for (let tries = 0; tries < 3; tries += 1) {
    const answer = readResponse(await handler(byUnknownKey()));
    assert.deepEqual(
      [answer.status, answer.body.error, answer.headers['retry-after']],
      [503, 'keys_unavailable', '10'],
    );
  }
  assert.equal(asked.length, 1);
  assert.deepEqual(destroyed, asked);
});

test('limits the keys that it downloads', async () => {
  const later = signingKey('later');
  const document = Buffer.from(JSON.stringify({ keys: [later.jwk] }));
  async function* endless() {
    for (;;) yield Buffer.alloc(10_000, ' ');
  }
  async function* cut() {
    yield document.subarray(0, 100);
    throw new Error('aborted');
  }
  const rows: readonly (readonly [name: string, status: number, statusCode: number, body: () => Body])[] = [
    ['whole', 200, 200, () => [document.subarray(0, 50), document.subarray(50)]],
    ['padded to the limit', 200, 200, () => [document, Buffer.alloc(262_144 - document.length, ' ')]],
    ['one byte more', 503, 200, () => [document, Buffer.alloc(262_145 - document.length, ' ')]],
    ['endless', 503, 200, endless],
    ['cut', 503, 200, cut],
    ['a redirect', 503, 302, () => [document]],
    ['an error', 503, 500, () => [document]],
  ];
  for (const [name, status, statusCode, body] of rows) {
    const { module } = https((_request, respond) => respond(response(statusCode, body())));
    const { handler } = runBundle(config(), { https: module });
    const answer = (await handler(
      viewerEvent({
        method: 'GET',
        target: '/.well-known/edge-upload',
        headers: [`Authorization: ${accessToken({}, later)}`],
      }),
    )) as Record<string, unknown>;
    assert.equal(readResponse(answer).status, status, name);
  }
});

type Body = Iterable<Buffer> | AsyncIterable<Buffer>;

test('responds to any event, and forwards nothing without a valid token', async () => {
  const { handler } = runBundle(config(), {
    https: https((request) => request.emit('error', new Error())).module,
  });
  const { roll, pick } = dice(20261122);
  const bad = ['', 'Bearer', 'garbage', accessToken({ exp: 1 }), accessToken({ client_id: 'other' })];
  let refused = 0;
  for (let run = 0; run < 4000; run += 1) {
    const headers = [`Authorization: ${pick(bad)}`, 'x-amz-meta-a: b', 'Content-Type: text/plain'];
    const event = viewerEvent({
      method: pick(['PUT', 'POST', 'GET']),
      target: pick(['/k', '/k?uploads']),
      headers,
    });
    const answer = (await handler(mutate(event, { roll, pick }))) as Record<string, unknown>;
    const { status } = readResponse(answer);
    assert.ok(status >= 400 && status <= 503, String(status));
    refused += 1;
  }
  assert.equal(refused, 4000);
});

const CHUNKS = [
  'a',
  '/',
  '..',
  '.',
  '%2e',
  '%2F',
  '%2f',
  '%00',
  '%',
  '%ff',
  '%C3%A9',
  '?',
  '&',
  '=',
  '+',
  '\\',
  ' ',
  '#',
];
const QUERIES = [
  '',
  '',
  'uploads',
  'uploads=',
  'uploadId=U',
  'partNumber=1&uploadId=U',
  'uploadId=%C3',
  'acl',
];
const HEADER_LINES = [
  'Cookie: a=b',
  'x-amz-acl: public-read',
  'x-amz-meta-uploaded-by: x',
  'X-Amz-Meta-__proto__: x',
  '__proto__: x',
  'constructor: x',
  'If-None-Match: *',
  'x-amz-copy-source: /a/b',
  'Content-Length: 3',
  'Content-Length: 99999999999999999999',
  'Transfer-Encoding: chunked',
  'Via: 1.1 x',
];
const PASSING = /^(?:host|via|content-length|transfer-encoding|if-none-match|x-amz-meta-.+)$/;

test('forwards only seven operations on the checked key', async () => {
  const { handler } = runBundle(config());
  const { roll, pick } = dice(7);
  const some = (from: readonly string[], most: number) =>
    Array.from({ length: roll(most) }, () => pick(from));
  const token = accessToken();
  let passed = 0;
  for (let run = 0; run < 4000; run += 1) {
    const lines = ['Content-Length: 3', ...some(HEADER_LINES, 3)].slice(roll(8) === 0 ? 1 : 0);
    const event = viewerRequestEvent(
      {
        method: pick(['PUT', 'PUT', 'PUT', 'POST', 'GET', 'DELETE', 'HEAD', 'PATCH']),
        path: `/k${some(CHUNKS, 4).join('')}k`,
        query: `${pick(QUERIES)}${roll(3) === 0 ? some(CHUNKS, 3).join('') : ''}`,
        rawHeaders: [`Authorization: ${token}`, 'Host: x', ...lines].flatMap((line) => line.split(': ')),
        clientIp: '203.0.113.178',
      },
      { id: 'E', domainName: 'd' },
      'r',
    );
    const original = event.Records[0].cf.request;
    const value = await handler(event);
    const decision = viewerDecision({ outcome: 'returned', value }, original);
    if (decision.kind === 'respond') continue;
    passed += 1;
    checkForwarded(decision.request, original);
  }
  assert.ok(passed > 200, `only ${passed} of the requests made sense`);
});

function checkForwarded(request: EdgeRequest, original: EdgeRequest): void {
  const key = decodeURIComponent(original.uri.slice(1));
  const query = new URLSearchParams(request.querystring);
  const names = [...query.keys()].sort().join();
  if (request.uri === '/') {
    assert.equal(request.method, 'GET');
    assert.equal(names, 'max-uploads,prefix,uploads');
    assert.equal(query.get('prefix'), key);
    assert.equal(request.headers['x-amz-meta-uploaded-by'], undefined);
    return;
  }
  assert.equal(request.uri, `/${encodeKey(key)}`);
  assert.equal(readKey(request.uri), key);
  assert.ok(['', 'uploads', 'partNumber,uploadId', 'uploadId'].includes(names), request.querystring);
  for (const name of Object.keys(request.headers)) assert.match(name, PASSING);
  const stamps = request.headers['x-amz-meta-uploaded-by']?.map(({ value }) => value);
  const makesObject = names === 'uploads' || (names === '' && request.method === 'PUT');
  assert.deepEqual(stamps, makesObject ? ['ada'] : undefined);
}
