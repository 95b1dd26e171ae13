import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import { pageRequests } from '../../local/page-requests.ts';
import { listenBehindGate, refusePlainly } from '../../local/wire/gate.ts';
import { nodeListener } from '../../local/wire/node-http.ts';
import { listen } from '../support/serve.ts';
import { asker } from './wire/ask.ts';

const PAGE = 'https://127.0.0.1:40123';
const TARGET = 'AWSCognitoIdentityProviderService';

/** Opens an endpoint that accepts everything, behind the gate. `ask` sends a request head unchanged, except for `PORT`. */
async function endpoint(t: TestContext) {
  const reached: string[] = [];
  let origins: readonly string[] = [PAGE, 'https://files.example.com:40123'];
  const pages = pageRequests(() => origins);
  const handler = pages.withCors(async ({ method }) => {
    reached.push(method);
    return { status: 200, headers: { 'content-type': 'application/json' }, body: '{}' };
  });
  const server = createServer();
  listenBehindGate(
    server,
    { scheme: 'http', refuse: refusePlainly, allowsPage: pages.allows },
    nodeListener(handler, (error) => assert.fail(String(error))),
  );
  const ask = asker(Number(new URL(await listen(t, server)).port));
  return {
    ask,
    reached,
    serve(next: readonly string[]) {
      origins = next;
    },
  };
}

const POST = ['POST / HTTP/1.1', 'Host: 127.0.0.1:PORT', 'Content-Length: 0', 'Sec-Fetch-Site: cross-site'];
const target = (name: string) => `X-Amz-Target: ${TARGET}.${name}`;
const preflight = (headers: string, method = 'POST', path = '/') => [
  ...[`OPTIONS ${path} HTTP/1.1`, 'Host: 127.0.0.1:PORT', 'Sec-Fetch-Site: cross-site'],
  ...[`Access-Control-Request-Method: ${method}`, `Access-Control-Request-Headers: ${headers}`],
];

test('lets pages of the cloud’s own distributions sign in', async (t) => {
  const { ask, reached } = await endpoint(t);
  for (const origin of [PAGE, 'https://files.example.com:40123']) {
    const asked = await ask(...preflight('content-type,x-amz-target'), `Origin: ${origin}`);
    assert.equal(asked.status, 204);
    for (const header of [
      `access-control-allow-origin: ${origin}`,
      'access-control-allow-methods: POST',
      'access-control-allow-headers: content-type, x-amz-target',
      'vary: Origin',
    ]) {
      assert.ok(asked.answer.includes(`${header}\r\n`), header);
    }
    assert.doesNotMatch(asked.answer, /credentials/i);
    for (const operation of [
      ...['InitiateAuth', 'RespondToAuthChallenge', 'GetTokensFromRefreshToken', 'RevokeToken'],
      ...['AssociateSoftwareToken', 'VerifySoftwareToken', 'ForgotPassword', 'ConfirmForgotPassword'],
    ]) {
      const { status, answer } = await ask(...POST, target(operation), `Origin: ${origin}`);
      assert.equal(status, 200, operation);
      assert.ok(answer.includes(`access-control-allow-origin: ${origin}\r\n`), operation);
    }
  }
  assert.equal(reached.length, 16, 'no preflight reaches a service');
});

test('refuses every other request of a page, unreadable to it', async (t) => {
  const { ask, reached } = await endpoint(t);
  const own = `Origin: ${PAGE}`;
  const signIn = [...POST, target('InitiateAuth')];
  const rows: Readonly<Record<string, readonly string[]>> = {
    'another port': [...signIn, 'Origin: https://127.0.0.1:40124'],
    'no port': [...signIn, 'Origin: https://127.0.0.1'],
    'another scheme': [...signIn, 'Origin: http://127.0.0.1:40123'],
    'another name of loopback': [...signIn, 'Origin: https://localhost:40123'],
    'a site on the internet': [...signIn, 'Origin: https://evil.example'],
    'the real site of an own domain': [...signIn, 'Origin: https://files.example.com'],
    'an own origin as a part': [...signIn, `Origin: ${PAGE}.evil.example`],
    'a sandboxed frame': [...signIn, 'Origin: null'],
    'an empty origin': [...signIn, 'Origin:'],
    'no origin': signIn,
    'two origins': [...signIn, own, 'Origin: https://evil.example'],
    'one origin twice': [...signIn, own, own],
    'an operation that is signed': [...POST, target('AdminInitiateAuth'), own],
    'an operation of a token': [...POST, target('GetUser'), own],
    'an operation in another case': [...POST, target('initiateauth'), own],
    'two operations': [...signIn, target('AdminInitiateAuth'), own],
    'no operation': [...POST, own],
    'another service': [...POST, 'X-Amz-Target: Logs_20140328.DescribeLogGroups', own],
    'a signature': [...signIn, 'Authorization: AWS4-HMAC-SHA256 Credential=a', own],
    'another path': [...signIn.with(0, 'POST /a-bucket HTTP/1.1'), own],
    'a query': [...signIn.with(0, 'POST /?Action=ListStacks HTTP/1.1'), own],
    'a whole URL': [...signIn.with(0, 'POST http://127.0.0.1:PORT/ HTTP/1.1'), own],
    'another method': [...signIn.with(0, 'PUT / HTTP/1.1'), own],
    'a form': [...POST, 'Content-Type: application/x-www-form-urlencoded', own],
    'the control endpoint': [...signIn.with(0, 'POST /_edge-upload/faults HTTP/1.1'), own],
    'another host': [...signIn.with(1, 'Host: evil.example'), own],
    'a preflight of another origin': [...preflight('x-amz-target'), 'Origin: https://evil.example'],
    'a preflight of a frame': [...preflight('x-amz-target'), 'Origin: null'],
    'a preflight with a signature': [...preflight('authorization,x-amz-target'), own],
    'a preflight of any header': [...preflight('*'), own],
    'a preflight of another method': [...preflight('x-amz-target', 'PUT'), own],
    'a preflight of another path': [...preflight('x-amz-target', 'POST', '/a-bucket/key'), own],
    'OPTIONS without a question': [...signIn.with(0, 'OPTIONS / HTTP/1.1'), own],
  };
  for (const [what, head] of Object.entries(rows)) {
    const { status, answer } = await ask(...head);
    assert.equal(status, 403, what);
    assert.doesNotMatch(answer, /access-control/i, what);
  }
  assert.deepEqual(reached, []);
});

test('refuses pages of a disabled or deleted distribution', async (t) => {
  const { ask, serve } = await endpoint(t);
  const head = [...POST, target('InitiateAuth'), `Origin: ${PAGE}`];
  assert.equal((await ask(...head)).status, 200);
  serve([]);
  assert.equal((await ask(...head)).status, 403);
});
