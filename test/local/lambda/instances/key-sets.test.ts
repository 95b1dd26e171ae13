import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { KeySetFault } from '../../../../local/lambda/instances/key-sets.ts';
import { listen } from '../../../support/serve.ts';
import { openRoom, returned } from '../support.ts';

/** Two ways to fetch in a function. Each returns the response's text or the error's code. */
const CODE = `
  const text = (chunks) => Buffer.concat(chunks).toString();
  const viaFetch = async ({ url, method, redirect }) => {
    const response = await fetch(url, { method, redirect });
    return response.status + ' ' + (await response.text());
  };
  const viaHttp = ({ url, options, method = 'GET' }) => new Promise((resolve, reject) => {
    const { request } = require((url ?? options.protocol).startsWith('https:') ? 'https' : 'http');
    const asked = request(...(url ? [url, { method }] : [options]), async (response) => {
      const chunks = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve(response.statusCode + ' ' + text(chunks));
    });
    asked.on('error', reject);
    asked.end();
  });
  exports.handler = async ({ way, ...asked }) => {
    try {
      return await (way === 'http' ? viaHttp : viaFetch)(asked);
    } catch (error) {
      return error.cause?.code ?? error.code ?? error.cause?.message ?? error.message;
    }
  };`;

/** A server on loopback that records its requests. */
async function keyServer(t: TestContext) {
  const requests: string[] = [];
  const origin = await listen(t, (request, response) => {
    requests.push(`${request.method} ${request.headers.host}${request.url}`);
    if (request.url === '/moved') response.writeHead(302, { location: '/other' }).end();
    else response.end('the keys');
  });
  return { requests, port: new URL(origin).port };
}

const metadata = (...keySets: string[]) => ({ 'edge-upload': { keySets } });

test('fetches the key sets in its metadata and nothing else', async (t) => {
  const { requests, port } = await keyServer(t);
  const other = await keyServer(t);
  const base = `http://127.0.0.1:${port}`;
  const room = await openRoom(t);
  const arn = await room.publish(CODE, {}, metadata(`${base}/keys?v=1`, `${base}/moved`));
  const ask = (event: object) => returned(room, arn, event as never);

  assert.equal(await ask({ url: `${base}/keys?v=1` }), '200 the keys');
  assert.equal(await ask({ way: 'http', url: `${base}/keys?v=1` }), '200 the keys');
  // Another spelling of the same address.
  assert.equal(await ask({ url: `http://0x7f.1:${port}/a/../keys?v=1` }), '200 the keys');
  const asked = `GET 127.0.0.1:${port}/keys?v=1`;
  assert.deepEqual(requests.splice(0), [asked, asked, asked]);

  // Redirects are not followed.
  assert.match(String(await ask({ url: `${base}/moved` })), /unexpected redirect/);
  assert.equal(await ask({ url: `${base}/moved`, redirect: 'manual' }), '302 ');
  assert.equal(await ask({ way: 'http', url: `${base}/moved` }), '302 ');
  assert.deepEqual(new Set(requests.splice(0)), new Set([`GET 127.0.0.1:${port}/moved`]));

  for (const url of [
    `${base}/keys`,
    `${base}/keys?v=2`,
    `${base}/keys?v=1&v=1`,
    `${base}/KEYS?v=1`,
    `${base}/keys/?v=1`,
    `${base}//keys?v=1`,
    `${base}/%6beys?v=1`,
    `http://127.0.0.1:${other.port}/keys?v=1`,
    `http://127.0.0.1/keys?v=1`,
    `https://127.0.0.1:${port}/keys?v=1`,
    `http://localhost:${port}/keys?v=1`,
    `http://127.0.0.1.nip.io:${port}/keys?v=1`,
    `http://127.0.0.2:${port}/keys?v=1`,
    `http://[::1]:${port}/keys?v=1`,
    `http://[::ffff:127.0.0.1]:${port}/keys?v=1`,
    `http://[::ffff:7f00:1]:${port}/keys?v=1`,
    `http://amazonaws.com.evil.example:${port}/keys?v=1`,
  ]) {
    for (const way of ['fetch', 'http']) {
      assert.equal(await ask({ way, url }), 'ECONNREFUSED', `${way} ${url}`);
    }
  }
  // Userinfo, another method, and parts of a request that only the http module accepts.
  assert.match(String(await ask({ url: `http://a:b@127.0.0.1:${port}/keys?v=1` })), /credentials/);
  for (const method of ['POST', 'HEAD', 'PUT']) {
    assert.equal(await ask({ url: `${base}/keys?v=1`, method }), 'ECONNREFUSED');
  }
  const options = { protocol: 'http:', hostname: '127.0.0.1', port, path: '/keys?v=1' };
  assert.equal(await ask({ way: 'http', options }), '200 the keys');
  assert.deepEqual(requests.splice(0), [asked]);
  for (const change of [
    { path: `/keys?v=1\r\nhost: example.com` },
    { path: `@127.0.0.1:${other.port}/keys?v=1` },
    { hostname: `127.0.0.1:${other.port}#` },
    { port: `${port}@127.0.0.1:${other.port}` },
  ]) {
    assert.notEqual(await ask({ way: 'http', options: { ...options, ...change } }), '200 the keys');
  }
  assert.deepEqual([...requests, ...other.requests], []);
});

test('does not send the function’s Host header to the key set', async (t) => {
  const { requests, port } = await keyServer(t);
  const url = `http://127.0.0.1:${port}/keys`;
  const room = await openRoom(t);
  const arn = await room.publish(
    `exports.handler = () => fetch('${url}', { headers: { host: 'internal', authorization: 'secret' } }).then((r) => r.text());`,
    {},
    metadata(url),
  );
  assert.equal(await returned(room, arn), 'the keys');
  assert.deepEqual(requests, [`GET 127.0.0.1:${port}/keys`]);
});

test('keeps the key sets that a version was published with', async (t) => {
  const { port } = await keyServer(t);
  const url = (name: string) => `http://127.0.0.1:${port}/${name}`;
  const room = await openRoom(t);
  const first = await room.publish(CODE, {}, metadata(url('one')));
  const second = await room.publish(CODE, {}, metadata(url('two')));
  assert.equal(await returned(room, first, { url: url('one') }), '200 the keys');
  assert.equal(await returned(room, first, { url: url('two') }), 'ECONNREFUSED');
  assert.equal(await returned(room, second, { url: url('two') }), '200 the keys');
  const none = await room.publish(CODE);
  assert.equal(await returned(room, none, { url: url('one') }), 'ECONNREFUSED');
});

test('accepts canonical https URLs in metadata, and http on loopback only', async (t) => {
  const room = await openRoom(t);
  for (const url of ['https://login.example.com/keys', 'http://localhost:1/k', 'http://[::1]/k']) {
    await room.publish(CODE, {}, metadata(url));
  }
  for (const keySets of [
    ['http://login.example.com/keys'],
    ['http://localhost.example.com/keys'],
    ['http://127.0.0.1.example.com/keys'],
    ['http://keys.localhost/keys'],
    ['http://[::ffff:7f00:1]/keys'],
    ['https://me:secret@login.example.com/keys'],
    ['https://login.example.com/keys#part'],
    ['https://login.example.com:443/keys'],
    ['https://LOGIN.example.com/keys'],
    ['https://login.example.com/a/../keys'],
    ['file:///etc/passwd'],
    ['login.example.com/keys'],
    [`https://login.example.com/${'k'.repeat(2100)}`],
    [7],
    'https://login.example.com/keys',
  ]) {
    await assert.rejects(room.publish(CODE, {}, { 'edge-upload': { keySets } }), {
      name: 'AwsError',
      code: 'InvalidRequest',
      message: /^Metadata\.edge-upload\.keySets/,
    });
  }
});

test('makes a key set hang, return garbage or refuse, as tests request', async (t) => {
  const { requests, port } = await keyServer(t);
  const url = `http://127.0.0.1:${port}/keys`;
  const pool = 'https://cognito-idp.us-east-1.amazonaws.com/us-east-1_a/.well-known/jwks.json';
  const faults: Record<string, KeySetFault> = {};
  const room = await openRoom(t, { keySetFault: (asked) => faults[asked] });
  const arn = await room.publish(
    `${CODE}
    const inTime = exports.handler;
    exports.handler = (event) =>
      event.waits ? Promise.race([inTime(event), new Promise((late) => setTimeout(late, 300, 'late'))]) : inTime(event);`,
    {},
    metadata(url),
  );
  for (const [fault, expected] of [
    ['hang', /^late$/],
    ['garbage', /^200 <!doctype html>/],
    ['refuse', /^ECONNREFUSED$/],
  ] as const) {
    for (const asked of [url, pool]) {
      faults[asked] = fault;
      const event = { url: asked, waits: fault === 'hang' };
      assert.match(String(await returned(room, arn, event)), expected);
    }
  }
  assert.deepEqual(requests, []);
  delete faults[url];
  assert.equal(await returned(room, arn, { url }), '200 the keys');
});
