import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { request } from 'undici';
import { rememberDeployment } from '../../../cli/settings/deployments.ts';
import { testContext } from '../../support/context.ts';
import { openUnknown } from '../../support/open-unknown.ts';
import { listen } from '../../support/serve.ts';

/** Environment and arguments of the browser's launcher. */
interface Started {
  readonly env: Record<string, string>;
  readonly argv: readonly string[];
}

test('passes no variables and no secrets of the sign-in to the browser', {
  skip: process.platform !== 'linux' && 'Others have no xdg-open',
}, async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'edge-upload-browser-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  let opened: (started: Started) => void = () => {};
  const browser = new Promise<Started>((resolve) => {
    opened = resolve;
  });
  const json = { 'content-type': 'application/json' };
  const url: string = await listen(t, async (received, response) => {
    if (received.method === 'POST') {
      opened(JSON.parse(await text(received)));
      response.end();
      return;
    }
    const issuer = {
      alias: 'corp',
      kind: 'people',
      issuer: url,
      clientId: 'client',
      token: 'access',
      preset: 'oidc',
    };
    const document =
      received.url === '/.well-known/edge-upload'
        ? { service: 'edge-upload', version: 2, policy: {}, issuers: [issuer] }
        : { issuer: url, authorization_endpoint: `${url}/authorize`, token_endpoint: `${url}/token` };
    response.writeHead(200, json).end(JSON.stringify(document));
  });
  const send = `require('node:http').request('${url}', { method: 'POST' }).end(JSON.stringify({ env: process.env, argv: process.argv }))`;
  await writeFile(join(home, 'xdg-open'), `#!${process.execPath}\n${send}\n`, { mode: 0o755 });
  const caFile = join(home, 'ca.pem');
  await writeFile(caFile, '');
  const known = { alias: 'corp', issuer: url, clientId: 'client' };
  const local = { endpoint: url, caFile };
  await rememberDeployment(testContext({ env: { HOME: home }, home }), {
    name: 'x',
    url,
    local,
    issuers: [known],
  });
  const secrets = { EDGE_UPLOAD_PASSWORD: 'secret', EDGE_UPLOAD_TOKEN: 'a.b.c', EDGE_UPLOAD_USERNAME: 'ada' };
  const child = spawn(
    process.execPath,
    ['dist/edge-upload.cjs', 'login', url, '--issuer', 'corp', '--browser', '--callback-port', '0'],
    {
      env: {
        HOME: home,
        EDGE_UPLOAD_KEYRING: 'off',
        ...secrets,
        PATH: `${home}:${process.env.PATH}`,
        KEPT: 'yes',
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  t.after(() => child.kill('SIGKILL'));
  const said = text(child.stderr);
  const closed = once(child, 'close');
  const ended = closed.then(async () => assert.fail(await said));
  ended.catch(() => {});
  const { env, argv } = await Promise.race([browser, ended]);
  assert.equal(env.KEPT, 'yes');
  assert.deepEqual(
    Object.keys(env).filter((name) => name.startsWith('EDGE_UPLOAD_')),
    [],
  );
  // Every user of the computer can read the arguments of a process.
  const [, , address = '', ...others] = argv;
  assert.match(address, /^http:\/\/127\.0\.0\.1:\d+\/start\/[\w-]{43}$/);
  assert.deepEqual(others, []);
  const asStranger = await request(address, { headers: { host: 'evil.example' } });
  assert.equal(asStranger.statusCode, 404);
  const first = await fetch(address, { redirect: 'manual' });
  assert.equal(first.status, 302);
  const page = new URL(first.headers.get('location') ?? '');
  assert.equal(page.origin + page.pathname, `${url}/authorize`);
  assert.ok(page.searchParams.get('state'));
  const again = await fetch(address, { redirect: 'manual' });
  assert.equal(again.headers.get('location'), page.href);
  // The process is stopped, so that it reads the request after the connection has been closed.
  child.kill('SIGSTOP');
  await openUnknown(address);
  child.kill('SIGCONT');
  const [code] = await closed;
  assert.equal(code, 4);
  const printed = await said;
  assert.ok(printed.includes(`  ${page.href}\n`), printed);
  assert.match(printed, /was opened twice\./);
  assert.match(printed, / --no-browser\n/);
});
