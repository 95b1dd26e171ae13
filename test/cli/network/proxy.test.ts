import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { request } from 'undici';
import { isUserError, type UserError } from '../../../cli/errors.ts';
import { openDispatcher } from '../../../cli/network/dispatcher.ts';
import { networkFailure } from '../../../cli/network/network-failure.ts';
import { isExempt } from '../../../cli/network/no-proxy.ts';
import { proxyFor } from '../../../cli/network/proxy.ts';
import { createSentCredentials } from '../../../cli/sent-credentials.ts';
import { openAuthority } from '../../../local/tls/authority.ts';
import { stsClient } from './sts.ts';

type Env = Record<string, string>;

interface TestProxy {
  readonly port: number;
  readonly asked: { readonly authority: string; readonly authorization: string | undefined }[];
}

let folder: string;
let edge: Server;
let url: string;
const servers: Server[] = [];

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

interface ProxyOptions {
  readonly pair?: string;
  readonly answer?: string;
  /** Number of connections that are first closed without a response. */
  readonly drops?: number;
}

/** A proxy that connects clients with this `user:password`, or all clients, or that responds with a given status. */
async function proxy(options: ProxyOptions = {}): Promise<TestProxy> {
  const asked: TestProxy['asked'] = [];
  const server = createServer();
  server.on('connect', (incoming, socket, head) => {
    const { 'proxy-authorization': authorization } = incoming.headers;
    asked.push({ authority: incoming.url ?? '', authorization });
    socket.on('error', () => {});
    if (asked.length <= (options.drops ?? 0)) return socket.destroy();
    if (options.answer !== undefined) return socket.end(`HTTP/1.1 ${options.answer}\r\n\r\n`);
    const given = Buffer.from(authorization?.split(' ')[1] ?? '', 'base64').toString();
    if (options.pair !== undefined && given !== options.pair) {
      return socket.end(
        'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\n\r\n',
      );
    }
    const onward = connect(Number(new URL(url).port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    return socket.on('close', () => onward.destroy());
  });
  return { port: await listen(server), asked };
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edge-upload-proxy-'));
  const authority = await openAuthority({ dir: folder, now: () => new Date() });
  edge = createTlsServer(await authority.serverCertificate(['127.0.0.1']), (_request, response) => {
    response.end('hello');
  });
  url = `https://127.0.0.1:${await listen(edge)}/`;
});
after(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await rm(folder, { recursive: true, force: true });
});

/** Returns the results of simultaneous requests to an edge. */
async function failures(env: Env, target = url, count = 1): Promise<UserError[]> {
  const dispatcher = openDispatcher({ env, sent: createSentCredentials() });
  try {
    const attempts = Array.from({ length: count }, async () => {
      try {
        await (await request(target, { dispatcher })).body.dump();
      } catch (error) {
        const failure = networkFailure(error, new URL(target).host);
        if (failure === undefined) throw error;
        return failure;
      }
      return undefined;
    });
    return (await Promise.all(attempts)).filter((one) => one !== undefined);
  } finally {
    await dispatcher.destroy();
  }
}

test('sends a refused password once, and reports only the proxy’s name', async () => {
  const { port, asked } = await proxy({ pair: 'me:right' });
  const said = await failures({ HTTPS_PROXY: `http://me:wrong@127.0.0.1:${port}` }, url, 8);
  assert.equal(said.length, 8);
  assert.equal(asked.length, 1);
  for (const { code, message, hint = '' } of said) {
    assert.equal(code, 'unreachable');
    assert.match(
      message,
      new RegExp(`proxy 127\\.0\\.0\\.1:${port} refuses its user name or password .*407`),
    );
    assert.match(hint, /HTTPS_PROXY/);
    assert.doesNotMatch(message + hint, /wrong/);
  }
});

test('sends a password on one connection at a time until the proxy accepts it', async () => {
  const { port, asked } = await proxy({ pair: 'me:right', drops: 2 });
  const env = { HTTPS_PROXY: `http://me:wrong@127.0.0.1:${port}` };
  assert.equal((await failures(env, url, 8)).length, 8);
  assert.equal(asked.length, 3, 'two without a response, and one that is refused');
});

test('does not send a refused password on other connections of the command', async () => {
  const { port, asked } = await proxy({ pair: 'me:right' });
  const env = { HTTPS_PROXY: `http://me:wrong@127.0.0.1:${port}` };
  const said = await Promise.all([failures(env), failures(env), failures(env)]);
  said.push(await failures(env));
  assert.equal(said.flat().filter(({ message }) => /refuses its user name/.test(message)).length, 4);
  assert.equal(asked.length, 1);
});

test('does not let AWS clients retry a refused proxy', async (t) => {
  const { port, asked } = await proxy({ pair: 'me:right' });
  const dispatcher = openDispatcher({
    env: { ALL_PROXY: `http://me:wrong@127.0.0.1:${port}` },
    sent: createSentCredentials(),
  });
  const client = stsClient('https://sts.example.com', dispatcher, 8);
  t.after(() => dispatcher.destroy());
  await assert.rejects(client.send(new GetCallerIdentityCommand({})), (error) => {
    const failure = networkFailure(error, 'AWS');
    return (
      /proxy 127\.0\.0\.1:\d+ refuses/.test(failure?.message ?? '') && /ALL_PROXY/.test(failure?.hint ?? '')
    );
  });
  assert.equal(asked.length, 1);
});

test('explains an address that ends early because of a character in the password', async () => {
  for (const password of ['a/b', 'a?b', 'a#b', '1/b', '1?b', '1#b']) {
    const [said] = await failures({ HTTPS_PROXY: `http://me:${password}@proxy.example:3128` });
    assert.equal(said?.code, 'settings', password);
    assert.match(said?.hint ?? '', /%2F/);
    assert.doesNotMatch(`${said?.message}${said?.hint}`, /1\/b|a#b/);
  }
});

test('explains how to fix each refusal of a proxy', async () => {
  const cases: readonly (readonly [string, RegExp, RegExp])[] = [
    ['407 No\r\nProxy-Authenticate: Basic realm="x"', /asks for a user name and a password/, /HTTPS_PROXY/],
    ['407 No\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM', /Negotiate or NTLM/, /cntlm/],
    ['403 Forbidden', /does not connect to that host \(HTTP 403\)/, /NO_PROXY/],
    ['302 Found\r\nLocation: https://portal.example', /HTTP 302/, /NO_PROXY/],
  ];
  for (const [answer, message, hint] of cases) {
    const { port } = await proxy({ answer });
    const [said] = await failures({ HTTPS_PROXY: `127.0.0.1:${port}` });
    assert.match(said?.message ?? '', message);
    assert.match(said?.hint ?? '', hint);
  }
});

test('names an unreachable proxy, and one whose host is unknown', async () => {
  const [refused] = await failures({ HTTPS_PROXY: 'http://127.0.0.1:1' });
  assert.match(refused?.message ?? '', /^The proxy 127\.0\.0\.1:1 is unreachable: nothing listens there/);
  const [unknown] = await failures({ HTTPS_PROXY: 'http://me:secret@proxy.invalid:3128' });
  assert.match(unknown?.message ?? '', /^The proxy proxy\.invalid:3128 is unreachable: the host name/);
  for (const status of [429, 500, 502, 503, 504]) {
    const { port } = await proxy({ answer: `${status} Sorry` });
    const [bad] = await failures({ HTTPS_PROXY: `http://127.0.0.1:${port}` });
    const words = `^The proxy 127.0.0.1:${port} does not connect to \\S+ now: it responded with HTTP ${status}\\.`;
    assert.match(bad?.message ?? '', new RegExp(words));
  }
  for (const answer of ['100 Continue', '9x9 Sorry']) {
    const { port } = await proxy({ answer });
    const [odd] = await failures({ HTTPS_PROXY: `http://127.0.0.1:${port}` });
    const words = `^The proxy 127.0.0.1:${port} cannot be used: its response is not HTTP\\.`;
    assert.match(odd?.message ?? '', new RegExp(words));
  }
  const [direct] = await failures({});
  assert.match(direct?.message ?? '', /^127\.0\.0\.1:\d+ cannot be trusted/);
});

test('decodes user names and passwords as curl does', async () => {
  for (const [typed, pair] of [
    ['me:a6%6qx', 'me:a6%6qx'],
    ['me:%40%2F', 'me:@/'],
    ['d%5Cme:50%', 'd\\me:50%'],
    ['m%C3%A9:p%C3%A4ss', 'mé:päss'],
    ['me:', 'me:'],
  ] as const) {
    const { port, asked } = await proxy({ pair });
    const [said] = await failures({ HTTPS_PROXY: `http://${typed}@127.0.0.1:${port}` });
    assert.equal(said?.code, 'tls', `${typed}: ${said?.message}`);
    assert.equal(asked.length, 1);
  }
});

test('fails only requests that need an invalid proxy address, and does not show it', async () => {
  for (const HTTPS_PROXY of [
    'socks5h://ada:hunter2@proxy:1080',
    'http://',
    'ada:hunter2@',
    'not a host',
    'http://a:b#hunter2@c:1',
  ]) {
    const [said] = await failures({ HTTPS_PROXY });
    assert.equal(said?.code, 'settings', HTTPS_PROXY);
    assert.match(said.message, /^HTTPS_PROXY /);
    assert.doesNotMatch(said.message, /hunter2/);
    const [direct] = await failures({ HTTPS_PROXY, NO_PROXY: '127.0.0.1' });
    assert.equal(direct?.code, 'tls');
  }
});

test('reads NO_PROXY as curl does', () => {
  const at = (hostname: string, port = 443) => ({ hostname, port });
  const exempt: readonly (readonly [string, ReturnType<typeof at>])[] = [
    ['*', at('a.example')],
    [' * ', at('a.example')],
    ['localhost, *', at('a.example')],
    ['localhost,*', at('[2001:db8::1]')],
    ['example.com', at('www.example.com')],
    ['.example.com', at('example.com')],
    ['*.example.com', at('www.example.com')],
    ['EXAMPLE.com.', at('www.Example.COM')],
    ['example.com', at('www.example.com.')],
    ['a b\texample.com', at('example.com')],
    ['example.com:8443', at('example.com', 8443)],
    ['bücher.example', at('xn--bcher-kva.example')],
    ['127.0.0.0/8', at('127.9.9.9')],
    ['10.0.0.0/8 192.168.0.0/16', at('192.168.7.1')],
    ['127.0.0.1', at('127.0.0.1')],
    ['127.0.0.1:443', at('127.0.0.1')],
    ['::1', at('[::1]')],
    ['[::1]', at('[::1]')],
    ['[::1]:443', at('[::1]')],
    ['2001:db8::/32', at('[2001:db8::5]')],
    ['0:0:0:0:0:0:0:1', at('[::1]')],
  ];
  for (const [list, where] of exempt) assert.ok(isExempt(list, where), `${list} and ${where.hostname}`);
  const proxied: readonly (readonly [string, ReturnType<typeof at>])[] = [
    ['', at('a.example')],
    [', ,', at('a.example')],
    ['.', at('a.example')],
    ['example.com', at('notexample.com')],
    ['www.example.com', at('example.com')],
    ['example.com:8443', at('example.com')],
    ['10.0.0.0/8', at('11.0.0.1')],
    ['10.0.0.0/99', at('10.0.0.1')],
    ['10.0.0.0/8', at('10.example')],
    ['0.0.1', at('127.0.0.1')],
    ['::1', at('[::2]')],
    ['[::1]:8443', at('[::1]')],
  ];
  for (const [list, where] of proxied) assert.ok(!isExempt(list, where), `${list} and ${where.hostname}`);
});

test('prefers HTTPS_PROXY to ALL_PROXY and lower case to upper; empty means none', () => {
  const to = { hostname: 'edge.example', port: 443 };
  const name = (env: Env) => proxyFor(env, to)?.name;
  assert.equal(name({ HTTPS_PROXY: 'a:1', ALL_PROXY: 'b:1' }), 'a:1');
  assert.equal(name({ https_proxy: 'c:1', HTTPS_PROXY: 'a:1' }), 'c:1');
  assert.equal(name({ https_proxy: '', all_proxy: 'b:1' }), 'b:1');
  assert.equal(name({ HTTP_PROXY: 'a:1' }), undefined);
  assert.equal(name({ HTTPS_PROXY: 'https://a' }), 'a:443');
  assert.equal(name({ HTTPS_PROXY: 'a:1', no_proxy: 'edge.example' }), undefined);
});

test('sends plain http to this computer only, without a proxy', async () => {
  const plain = await listen(createServer((_request, response) => void response.end('hello')));
  const { port, asked } = await proxy();
  const env = { HTTP_PROXY: `http://127.0.0.1:${port}`, HTTPS_PROXY: `http://127.0.0.1:${port}` };
  assert.deepEqual(await failures(env, `http://127.0.0.1:${plain}/`), []);
  const [elsewhere] = await failures(env, 'http://edge.example/');
  assert.equal(elsewhere?.code, 'settings');
  assert.match(elsewhere?.message ?? '', /unencrypted/);
  assert.equal(asked.length, 0);
  assert.ok(isUserError(elsewhere));
});
