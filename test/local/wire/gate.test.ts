import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import { type GateRules, listenBehindGate, refusePlainly } from '../../../local/wire/gate.ts';
import { listen } from '../../support/serve.ts';
import { asker } from './ask.ts';

/** Starts a server behind the gate. `ask` sends a request head unchanged, except for `PORT`, and returns the status. */
async function gated(t: TestContext, rules: Partial<GateRules> = {}) {
  const reached: string[] = [];
  const server = createServer();
  listenBehindGate(server, { scheme: 'http', refuse: refusePlainly, ...rules }, (request, response) => {
    reached.push(request.url ?? '');
    response.end('reached');
  });
  const ask = asker(Number(new URL(await listen(t, server)).port));
  return { ask, reached };
}

const OWN = 'Host: 127.0.0.1:PORT';

test('accepts requests addressed to the listener', async (t) => {
  const { ask, reached } = await gated(t);
  const rows: readonly (readonly string[])[] = [
    ['GET / HTTP/1.1', OWN],
    ['GET / HTTP/1.1', 'Host: 127.9.8.7:PORT'],
    ['GET / HTTP/1.1', 'hOST: LocalHost:PORT'],
    ['PUT / HTTP/1.1', 'Host: a-bucket.localhost:PORT'],
    ['PUT / HTTP/1.1', 'Host: dotted.bucket_1.localhost:PORT'],
    ['GET / HTTP/1.1', 'Host: [::1]:PORT'],
    ['GET / HTTP/1.0', OWN],
    ['GET http://localhost:PORT/a HTTP/1.1', OWN],
    ['GET HTTP://127.0.0.1:PORT HTTP/1.1', OWN],
    ['OPTIONS / HTTP/1.1', OWN],
    ['GET / HTTP/1.1', OWN, 'Origin: http://127.0.0.1:PORT', 'Sec-Fetch-Site: same-origin'],
    ['GET / HTTP/1.1', OWN, 'Sec-Fetch-Site: none'],
    ['GET / HTTP/1.1', OWN, 'Upgrade: h2c', 'Connection: Upgrade'],
    ['PUT / HTTP/1.1', OWN, 'Expect: 100-continue', 'Content-Length: 0'],
  ];
  for (const head of rows) assert.equal((await ask(...head)).status, 200, head.join(' | '));
  assert.equal(reached.length, rows.length);
});

test('refuses requests addressed elsewhere', async (t) => {
  const { ask, reached } = await gated(t);
  const hosts = [
    'evil.example:PORT',
    'evil.example',
    'localhost',
    'localhost:',
    'localhost:1',
    'localhost:0PORT',
    'localhost.:PORT',
    '127.0.0.1.:PORT',
    '127.1:PORT',
    '0177.0.0.1:PORT',
    '2130706433:PORT',
    '0.0.0.0:PORT',
    '128.0.0.1:PORT',
    '127.0.0.1.evil.example:PORT',
    'localhost.evil.example:PORT',
    'notlocalhost:PORT',
    '.localhost:PORT',
    'me@localhost:PORT',
    'me:secret@127.0.0.1:PORT',
    'localhost:PORT@evil.example',
    'localhost:PORT, evil.example',
    'localhost:PORT/x',
    '[::1%25lo]:PORT',
    '[::]:PORT',
    '[::ffff:127.0.0.1]:PORT',
    '::1:PORT',
    'local\u00a0host:PORT',
    '',
  ];
  for (const host of hosts) {
    const { status, answer } = await ask('GET / HTTP/1.1', `Host: ${host}`);
    assert.equal(status, 403, host);
    assert.doesNotMatch(answer, /evil|secret/, 'the response repeats no part of the request');
  }
  for (const head of [
    ['GET / HTTP/1.0'],
    ['GET / HTTP/1.1', OWN, OWN],
    ['GET / HTTP/1.1', OWN, 'Host: evil.example'],
    ['GET / HTTP/1.1', 'Host: evil.example', OWN],
    ['GET http://evil.example/ HTTP/1.1', OWN],
    ['GET http://evil.example:PORT/ HTTP/1.1', OWN],
    ['GET http://127.0.0.1:PORT/ HTTP/1.1', 'Host: evil.example:PORT'],
    ['GET http://localhost/ HTTP/1.1', OWN],
    ['GET http://me@127.0.0.1:PORT/ HTTP/1.1', OWN],
    ['GET https://127.0.0.1:PORT/ HTTP/1.1', OWN],
    ['GET ftp://127.0.0.1:PORT/ HTTP/1.1', OWN],
    ['PUT / HTTP/1.1', 'Host: evil.example', 'Expect: 100-continue', 'Content-Length: 0'],
    ['PUT / HTTP/1.1', 'Host: evil.example', 'Expect: something', 'Content-Length: 0'],
    ['GET / HTTP/1.1', 'Host: evil.example', 'Upgrade: websocket', 'Connection: Upgrade'],
  ]) {
    assert.equal((await ask(...head)).status, 403, head.join(' | '));
  }
  assert.equal((await ask('OPTIONS * HTTP/1.1', OWN)).status, 400);
  assert.equal((await ask('GET / HTTP/1.1')).status, 400);
  assert.equal((await ask('CONNECT 127.0.0.1:PORT HTTP/1.1', OWN)).status, 'closed');
  assert.equal((await ask('PRI * HTTP/2.0', '', 'SM')).status, 400);
  assert.deepEqual(reached, []);
});

/** Requests that a page of another origin causes: a form, an image, a fetch, a WebSocket and a preflight. */
const FOREIGN_PAGES: Readonly<Record<string, readonly string[]>> = {
  'a form': ['POST / HTTP/1.1', 'Origin: https://evil.example', 'Sec-Fetch-Site: cross-site'],
  'a form of a sandboxed frame': ['POST / HTTP/1.1', 'Origin: null'],
  'a form of an older browser': ['POST / HTTP/1.1', 'Origin: https://evil.example'],
  'an image': ['GET / HTTP/1.1', 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: no-cors'],
  'a fetch without CORS': ['GET / HTTP/1.1', 'Sec-Fetch-Site: same-site'],
  'another port of loopback': ['GET / HTTP/1.1', 'Origin: http://127.0.0.1:1'],
  'another name of loopback': ['GET / HTTP/1.1', 'Origin: http://localhost:PORT'],
  'another scheme': ['GET / HTTP/1.1', 'Origin: https://127.0.0.1:PORT'],
  'two origins': ['GET / HTTP/1.1', 'Origin: http://127.0.0.1:PORT', 'Origin: https://evil.example'],
  'an extension': ['GET / HTTP/1.1', 'Origin: chrome-extension://abcdef'],
  'an empty origin': ['GET / HTTP/1.1', 'Origin:'],
  'an unknown site': ['GET / HTTP/1.1', 'Sec-Fetch-Site: other'],
  'a WebSocket': [
    'GET / HTTP/1.1',
    'Origin: https://evil.example',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ],
  'a preflight': [
    'OPTIONS / HTTP/1.1',
    'Origin: https://evil.example',
    'Access-Control-Request-Method: PUT',
    'Access-Control-Request-Private-Network: true',
  ],
};

test('refuses pages of other origins, unreadable to them', async (t) => {
  const { ask, reached } = await gated(t);
  for (const [what, head] of Object.entries(FOREIGN_PAGES)) {
    const { status, answer } = await ask(...head, OWN);
    assert.equal(status, 403, what);
    assert.doesNotMatch(answer, /access-control/i, what);
  }
  assert.deepEqual(reached, []);
});

test('accepts only its own names even if a listener checks origins itself', async (t) => {
  const rules = { anyOrigin: true, names: () => ['uploads.example.com'] };
  const { ask, reached } = await gated(t, rules);
  const page = 'Origin: https://app.example.com';
  for (const host of ['127.0.0.1:PORT', 'Uploads.Example.com:PORT', 'uploads.example.com']) {
    assert.equal((await ask('PUT / HTTP/1.1', `Host: ${host}`, page)).status, 200, host);
  }
  for (const host of ['uploads.example.com:1', 'evil.uploads.example.com', 'example.com', '127.0.0.1']) {
    assert.equal((await ask('PUT / HTTP/1.1', `Host: ${host}`, page)).status, 403, host);
  }
  assert.equal(reached.length, 3);
});
