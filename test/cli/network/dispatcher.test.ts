import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { request } from 'undici';
import { isUserError } from '../../../cli/errors.ts';
import { type DispatcherOptions, openDispatcher } from '../../../cli/network/dispatcher.ts';
import { networkFailure } from '../../../cli/network/network-failure.ts';
import { createSentCredentials } from '../../../cli/sent-credentials.ts';
import { openAuthority } from '../../../local/tls/authority.ts';
import { listen } from '../../support/serve.ts';

let folder: string;
let caFile: string;
let server: Server;
let url: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edge-upload-dispatcher-'));
  const authority = await openAuthority({ dir: folder, now: () => new Date() });
  caFile = authority.caFile;
  server = createTlsServer(
    await authority.serverCertificate(['localhost', '127.0.0.1']),
    (_request, response) => {
      response.end('hello');
    },
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
after(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

test('verifies certificates with any NODE_TLS_REJECT_UNAUTHORIZED', async (t) => {
  const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  t.after(() => {
    if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
  });
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  await assert.rejects(get({ env: {} }), (error) => networkFailure(error, 'localhost')?.code === 'tls');
  assert.equal(await get({ env: {}, local: { caFile } }), 'hello');
});

async function get(options: Omit<DispatcherOptions, 'sent'>): Promise<string> {
  const dispatcher = openDispatcher({ ...options, sent: createSentCredentials() });
  try {
    return await (await request(url, { dispatcher })).body.text();
  } finally {
    await dispatcher.destroy();
  }
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`reports that a server demands a client certificate, with ${version}`, async (t) => {
    const authority = await openAuthority({ dir: folder, now: () => new Date() });
    const options = { requestCert: true, minVersion: version, maxVersion: version } as const;
    const demanding = createTlsServer({
      ...(await authority.serverCertificate(['localhost', '127.0.0.1'])),
      ...options,
    });
    const at = await listen(t, demanding);
    const dispatcher = openDispatcher({ env: {}, local: { caFile }, sent: createSentCredentials() });
    t.after(() => dispatcher.destroy());
    for (const body of [null, Buffer.alloc(1024 * 1024)]) {
      await assert.rejects(request(at, { dispatcher, method: 'PUT', body }), (error) => {
        const failure = networkFailure(error, 'edge.example');
        return failure?.code === 'tls' && /demands a client certificate/.test(failure.message);
      });
    }
  });
}

test('trusts an embedded cloud’s authority only where it is named', async () => {
  assert.equal(await get({ env: {}, local: { caFile } }), 'hello');
  await assert.rejects(get({ env: {} }), (error) => {
    const failure = networkFailure(error, 'edge.example');
    return (
      failure?.code === 'tls' &&
      /unknown authority/.test(failure.message) &&
      /NODE_EXTRA_CA_CERTS/.test(failure.hint ?? '')
    );
  });
});

test('names a proxy whose authority is not in the file of NODE_EXTRA_CA_CERTS', async () => {
  const { host } = new URL(url);
  const env = { HTTPS_PROXY: `https://${host}`, NODE_EXTRA_CA_CERTS: join(folder, 'none.pem') };
  const dispatcher = openDispatcher({ env, sent: createSentCredentials() });
  try {
    await assert.rejects(request('https://edge.example/', { dispatcher }), (error) => {
      const failure = networkFailure(error, 'edge.example');
      assert.equal(failure?.code, 'tls');
      assert.match(
        failure.message,
        new RegExp(`^The proxy ${host} cannot be trusted: .*NODE_EXTRA_CA_CERTS names `),
      );
      return true;
    });
  } finally {
    await dispatcher.destroy();
  }
});

test('explains an unknown authority as a proxy, or as an embedded cloud on loopback', async () => {
  const hintAt = async (host: string) => {
    const failure = await get({ env: {} }).catch((error: unknown) => networkFailure(error, host));
    assert.ok(isUserError(failure));
    return failure.hint ?? '';
  };
  assert.match(await hintAt('edge.example'), /proxy/);
  assert.doesNotMatch(await hintAt('127.example'), /local status/);
  for (const host of ['127.0.0.1:1', 'localhost:1', '[::1]:1']) {
    const hint = await hintAt(host);
    assert.match(hint, /edge-upload local status/, host);
    assert.match(hint, /export NODE_EXTRA_CA_CERTS=/, host);
  }
});

test('reports a missing authority file with the next step', () => {
  assert.throws(
    () =>
      openDispatcher({
        env: {},
        sent: createSentCredentials(),
        local: { caFile: join(folder, 'none.pem') },
      }),
    (error) => isUserError(error) && error.code === 'local_cloud' && /none\.pem/.test(error.message),
  );
});

test('honours HTTPS_PROXY and NO_PROXY', async () => {
  const asked: string[] = [];
  const proxy = createServer();
  proxy.on('connect', (incoming, socket, head) => {
    asked.push(incoming.url ?? '');
    const onward = connect(Number(new URL(url).port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    // The client closes the connection after the response.
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  const address = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const HTTPS_PROXY = `http://${address}`;
  try {
    // Through the proxy the same authority is unknown again: it belongs to the embedded cloud, which needs no proxy.
    for (const env of [{ HTTPS_PROXY }, { https_proxy: address }]) {
      await assert.rejects(get({ env }));
      assert.deepEqual(asked.splice(0), [new URL(url).host]);
    }
    await assert.rejects(get({ env: { HTTPS_PROXY, NO_PROXY: '127.0.0.1' } }));
    assert.equal(await get({ env: { HTTPS_PROXY }, local: { caFile } }), 'hello');
    assert.deepEqual(asked, [], 'NO_PROXY and embedded clouds go directly');
  } finally {
    proxy.close();
  }
});

test('distinguishes network failures, each with its reason', async () => {
  const reasons = async (target: string) => {
    try {
      await request(target, { dispatcher: openDispatcher({ env: {}, sent: createSentCredentials() }) });
    } catch (error) {
      return networkFailure(error, new URL(target).host);
    }
    return undefined;
  };
  const refused = await reasons('https://127.0.0.1:1/');
  assert.equal(refused?.code, 'unreachable');
  assert.match(refused?.hint ?? '', /edge-upload local start/);
  const unknown = await reasons('https://nowhere.invalid/');
  assert.equal(unknown?.code, 'unreachable');
  assert.match(unknown?.message ?? '', /host name/);
  assert.equal(networkFailure(new TypeError('a bug of ours'), 'x'), undefined);
});
