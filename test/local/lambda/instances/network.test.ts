import assert from 'node:assert/strict';
import { createSign } from 'node:crypto';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { build } from 'esbuild';
import type { HttpHandler, HttpRequest } from '../../../../local/wire/http.ts';
import { rsaKeyPair } from '../../../support/keys/rsa-keys.ts';
import { openRoom, returned } from '../support.ts';

const HOST = 'cognito-idp.us-east-1.amazonaws.com';

/** Records requests, and responds with `respond`. */
function recorder(respond: HttpHandler) {
  const requests: (Omit<HttpRequest, 'body'> & { body: string })[] = [];
  const network: HttpHandler = async (request) => {
    requests.push({ ...request, body: await text(request.body) });
    return respond(request);
  };
  return { requests, network };
}

const WAYS = {
  'https.request': `new Promise((resolve, reject) => {
    const request = require('https').request('https://${HOST}/a%20b?c=d', {
      method: 'POST', headers: { 'X-Colour': 'blue' }, agent: new (require('https').Agent)({ keepAlive: true }) },
      async (response) => {
        const chunks = [];
        for await (const chunk of response) chunks.push(chunk);
        resolve({ status: response.statusCode, type: response.headers['content-type'], body: Buffer.concat(chunks).toString() });
      });
    request.on('error', reject);
    request.write('one ');
    request.end('two');
  })`,
  fetch: `fetch('https://${HOST}/a%20b?c=d', { method: 'POST', headers: { 'X-Colour': 'blue' }, body: 'one two' })
    .then(async (response) => ({ status: response.status, type: response.headers.get('content-type'), body: await response.text() }))`,
};

for (const [name, expression] of Object.entries(WAYS)) {
  test(`${name} reaches AWS hosts through the embedded services`, async (t) => {
    const { requests, network } = recorder(async () => ({
      status: 201,
      headers: { 'content-type': 'text/x' },
      body: Readable.from([Buffer.from('three '), Buffer.from('four')]),
    }));
    const room = await openRoom(t, { network });
    const arn = await room.publish(`exports.handler = async () => ${expression};`);
    assert.deepEqual(await returned(room, arn), { status: 201, type: 'text/x', body: 'three four' });
    const [request] = requests;
    assert.equal(requests.length, 1);
    assert.equal(request?.method, 'POST');
    assert.equal(request?.path, '/a%20b');
    assert.equal(request?.query, 'c=d');
    assert.equal(request?.body, 'one two');
    assert.equal(request?.headers.host, HOST);
    assert.equal(request?.headers['x-colour'], 'blue');
    assert.equal(request?.headers['content-length'] ?? '7', '7');
  });
}

test('waits for a hanging service until the function’s own timeouts', async (t) => {
  const room = await openRoom(t, { network: () => new Promise(() => {}) });
  const arn = await room.publish(`
    exports.handler = async ({ way }) => way === 'fetch'
      ? fetch('https://${HOST}/', { signal: AbortSignal.timeout(20) }).then(() => 'answered', (error) => error.name)
      : new Promise((resolve) => {
          const request = require('https').get('https://${HOST}/', { timeout: 20 });
          request.on('timeout', () => request.destroy(new Error('too slow')));
          request.on('error', (error) => resolve(error.message));
        });`);
  assert.equal(await returned(room, arn, { way: 'fetch' }), 'TimeoutError');
  assert.equal(await returned(room, arn, { way: 'https' }), 'too slow');
});

test('fails at a response that is too long, breaks off or redirects', async (t) => {
  const { network } = recorder(async ({ path }) => {
    if (path === '/moved') return { status: 302, headers: { location: 'https://example.com/' } };
    if (path === '/long') return { status: 200, body: Readable.from([Buffer.alloc(7 * 1024 * 1024)]) };
    return {
      status: 200,
      body: new Readable({
        read() {
          this.destroy(new Error('broken'));
        },
      }),
    };
  });
  const room = await openRoom(t, { network });
  const arn = await room.publish(
    `exports.handler = async ({ path }) => fetch('https://${HOST}' + path).then(() => 'well', (error) => error.cause.code ?? error.cause.message);`,
  );
  assert.equal(await returned(room, arn, { path: '/long' }), 'ECONNRESET');
  assert.equal(await returned(room, arn, { path: '/broken' }), 'ECONNRESET');
  assert.match(String(await returned(room, arn, { path: '/moved' })), /redirect/);
});

test('verifies with aws-jwt-verify, bundled like the edge function', async (t) => {
  const { privateKey, publicKey } = rsaKeyPair();
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256', use: 'sig' };
  const { requests, network } = recorder(async () => ({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ keys: [jwk] }),
  }));
  const room = await openRoom(t, { network });
  const { outputFiles } = await build({
    stdin: {
      contents: `
        import { CognitoJwtVerifier } from 'aws-jwt-verify';
        const verifier = CognitoJwtVerifier.create({ userPoolId: 'us-east-1_abc', clientId: 'client', tokenUse: 'access' });
        export const handler = async ({ token }) => (await verifier.verify(token)).sub;`,
      resolveDir: process.cwd(),
    },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    minify: true,
    write: false,
  });
  const arn = await room.publish(outputFiles[0]?.text ?? '');
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    sub: 'somebody',
    iss: `https://${HOST}/us-east-1_abc`,
    client_id: 'client',
    token_use: 'access',
    iat: now,
    exp: now + 60,
  };
  const signed = `${part({ alg: 'RS256', kid: 'one' })}.${part(claims)}`;
  const token = `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey, 'base64url')}`;
  assert.equal(await returned(room, arn, { token }), 'somebody');
  assert.equal(await returned(room, arn, { token }), 'somebody');
  assert.deepEqual(
    requests.map(({ path }) => path),
    ['/us-east-1_abc/.well-known/jwks.json'],
  );
});
